"""Ready words for the citizen, in both languages. An operator changes them before sending."""

from __future__ import annotations

from dataclasses import dataclass

from libs.events import Names


@dataclass(frozen=True, slots=True)
class Reply:
    """Words with a name."""

    name: Names
    words: Names


REPLIES: tuple[Reply, ...] = (
    Reply(
        Names(tr="Aldık, bakıyoruz", en="Received, looking into it"),
        Names(
            tr="Bildiriminizi aldık. Ekibimiz yerinde bakacak; sonucu buradan yazacağız.",
            en="We have your report. Our crew will look at it on site; we will write here.",
        ),
    ),
    Reply(
        Names(tr="Fotoğraf iste", en="Ask for a photo"),
        Names(
            tr="Yeri tam bulabilmemiz için bir fotoğraf ya da yakındaki bir kapı numarasını yazar"
            " mısınız?",
            en="To find the exact place, can you send a photo or a door number close by?",
        ),
    ),
    Reply(
        Names(tr="Gün verildi", en="A day is set"),
        Names(
            tr="İşi programa aldık. Ekibimiz bu hafta içinde yerinde olacak.",
            en="The work is planned. Our crew will be there this week.",
        ),
    ),
    Reply(
        Names(tr="Bitti", en="Done"),
        Names(
            tr="Ekibimiz işi tamamladı. Bir eksik görürseniz bu sayfadan yeniden açılmasını"
            " isteyebilirsiniz.",
            en="Our crew has finished. If something is missing you can ask on this page to reopen"
            " it.",
        ),
    ),
    Reply(
        Names(tr="Başka kurumun işi", en="Another body’s work"),
        Names(
            tr="Bu iş başka bir kurumun yetkisinde. Bildiriminizi o kuruma ilettik.",
            en="Another body is responsible for this. We have passed your report on to it.",
        ),
    ),
)
