"""Categories as Open311's services, their questions as attributes."""

from __future__ import annotations

from typing import Any

from libs.tenants import Tenant, TenantCategory
from libs.tenants.tenant import Question
from libs.web.language import Code

from .errors import fault, refused

YES_NO = {"yes": {"tr": "Evet", "en": "Yes"}, "no": {"tr": "Hayır", "en": "No"}}

Object = dict[str, Any]


def service_list(tenant: Tenant, language: Code) -> list[Object]:
    """What can be asked of the municipality."""
    return [_service(tenant, category, language) for category in tenant.leaf_categories]


def service_definition(tenant: Tenant, code: str, language: Code) -> Object:
    """The questions of one of them. Refused (404) where there is no such service."""
    category = service_of(tenant, code)
    if category is None:
        raise refused(unknown_service())
    attributes = [
        _attribute(question, order, language)
        for order, question in enumerate(category.questions, start=1)
    ]
    return {"service_code": category.code, "attributes": attributes}


def service_of(tenant: Tenant, code: str) -> TenantCategory | None:
    """The category of a code, if it is one that can be chosen."""
    category = tenant.category(code)
    return category if category in tenant.leaf_categories else None


def unknown_service() -> Any:
    """What is said of a code that nothing has."""
    return fault(
        404,
        "Bu service_code ile bir hizmet yok.",
        "There is no service with this service_code.",
    )


def datatype(question: Question) -> str:
    """What a question takes, in Open311's words."""
    match question.kind:
        case "text":
            return "string"
        case "number":
            return "number"
        case "choice" if question.multiple:
            return "multivaluelist"
        case _:
            return "singlevaluelist"


def keys_of(question: Question) -> frozenset[str]:
    """What can be chosen; none of them where it is not a list."""
    if question.kind == "boolean":
        return frozenset(YES_NO)
    return frozenset(option.code for option in question.options)


def _service(tenant: Tenant, category: TenantCategory, language: Code) -> Object:
    group = tenant.category(category.parent) if category.parent else None
    return {
        "service_code": category.code,
        "service_name": getattr(category.names, language),
        "description": None,
        "metadata": bool(category.questions),
        "type": category.open311,
        "keywords": ",".join(word.replace(",", " ") for word in category.keywords),
        "group": getattr(group.names, language) if group else None,
    }


def _attribute(question: Question, order: int, language: Code) -> Object:
    told: Object = {
        "variable": True,
        "code": question.code,
        "datatype": datatype(question),
        "required": question.required,
        "datatype_description": None,
        "order": order,
        "description": getattr(question.names, language),
    }
    if question.kind == "boolean":
        told["values"] = [{"key": key, "name": YES_NO[key][language]} for key in YES_NO]
    elif question.kind == "choice":
        told["values"] = [
            {"key": option.code, "name": getattr(option.names, language)}
            for option in question.options
        ]
    return told
