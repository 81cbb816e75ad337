"""What a status means to the citizen, in a word for pages and in a sentence for programs; and what
the types of requests are called.
"""

from __future__ import annotations

from typing import get_args

from libs.events import Names, RequestType, TaskStatus

from . import said

SHORT: dict[TaskStatus, str] = {
    "new": said("Received"),
    "assigned": said("At the department"),
    "in_progress": said("In progress"),
    "scheduled": said("Planned"),
    "on_hold": said("On hold"),
    "awaiting_citizen": said("Needs your answer"),
    "with_external": said("With another body"),
    "handover_offered": said("Being handed over"),
    "reopened": said("Opened again"),
    "resolved": said("Resolved"),
    "rejected": said("Not possible"),
    "duplicate": said("Joined to another"),
    "handed_over": said("Handed over"),
    "withdrawn": said("Withdrawn"),
    "cancelled": said("Cancelled"),
}
"""What the citizen's pages say; operators see it before they save."""

WORDS: dict[TaskStatus, Names] = {
    "new": Names(tr="Başvurunuz alındı.", en="We have your request."),
    "assigned": Names(tr="İlgili birime iletildi.", en="It is with the department that acts."),
    "in_progress": Names(tr="Üzerinde çalışılıyor.", en="It is being worked on."),
    "scheduled": Names(tr="Bir tarihe planlandı.", en="It is planned for a date."),
    "on_hold": Names(tr="Geçici olarak bekletiliyor.", en="It is on hold for now."),
    "awaiting_citizen": Names(
        tr="Sizden bilgi bekleniyor.", en="We need something from you to go on."
    ),
    "with_external": Names(
        tr="Yetkili kuruma iletildi.", en="It was passed to the body that is responsible."
    ),
    "handover_offered": Names(
        tr="Başka bir belediyeye devri soruluyor.", en="Another municipality is asked to take it."
    ),
    "reopened": Names(tr="Yeniden açıldı.", en="It was opened again."),
    "resolved": Names(tr="Çözüldü.", en="It is resolved."),
    "rejected": Names(tr="Yapılamayacağı bildirildi.", en="It cannot be done; see the answer."),
    "duplicate": Names(
        tr="Aynı konudaki başka bir başvuruyla birleştirildi.",
        en="It was joined to another request about the same thing.",
    ),
    "handed_over": Names(
        tr="Yetkili belediyeye devredildi.", en="Another municipality has taken it over."
    ),
    "withdrawn": Names(tr="Geri çektiniz.", en="You have withdrawn it."),
    "cancelled": Names(tr="İptal edildi.", en="It was cancelled."),
}

TYPES: dict[str, str] = {
    "request": said("Request"),
    "suggestion": said("Suggestion"),
    "complaint": said("Complaint"),
    "question": said("Question"),
    "notice": said("Notice"),
    "thanks": said("Thanks"),
}
assert {*WORDS} == {*get_args(TaskStatus)}
assert {*TYPES} == {*get_args(RequestType)}
