"""What must be true of every status, whatever the scenario: the table of conditions in api.md."""

from typing import Any

Json = dict[str, Any]

SERVER = {
    "ConnectionFailed",
    "TimedOut",
    "Unauthorized",
    "TLSFailed",
    "UnexpectedStatus",
    "InvalidAnswer",
    "AnswerTooLarge",
    "Redirected",
}
ENDPOINT = {
    "ServiceNotFound",
    "PortNotFound",
    "ExternalNameRefused",
    "SecretNotFound",
    "SecretKeyNotFound",
    "CABundleNotFound",
    "DestinationDenied",
    "KeyNotAllowed",
    "InvalidSpec",
}
PUBLISHED = {
    "Pending",
    "NoModels",
    "NotOwned",
    "Immutable",
    "TooLarge",
    "TooManyModels",
    "BaseConfigInvalid",
    "WriteRefused",
    "InvalidSpec",
}
FALSE = {"EndpointResolved": ENDPOINT, "ServerReachable": SERVER, "ConfigPublished": PUBLISHED}
ASPECTS = tuple(FALSE)
STALLED = {
    "InvalidSpec",
    "NotOwned",
    "Immutable",
    "DestinationDenied",
    "KeyNotAllowed",
    "TooManyModels",
    "BaseConfigInvalid",
}


def assert_honest(provider: Json) -> Json:
    """Return a VllmProvider whose conditions agree with each other; raise what is wrong."""
    status = provider["status"]
    found = {condition["type"]: condition for condition in status["conditions"]}
    reason, newest = found["Ready"]["reason"], status["observedGeneration"]
    assert all(condition["observedGeneration"] <= newest for condition in found.values()), status
    if reason == "InvalidSpec":  # nothing was looked at, so the others say what they said
        assert found["Ready"]["observedGeneration"] == newest
        assert found["Stalled"]["reason"] == "InvalidSpec", found
    elif reason != "Suspended":
        _assert_aspects(found)
        _assert_conclusions(found)
        assert {condition["observedGeneration"] for condition in found.values()} == {newest}
    assert not {"finalizers", "ownerReferences"} & provider["metadata"].keys()
    return provider


def _assert_aspects(found: dict[str, Json]) -> None:
    for type_ in ASPECTS:
        condition = found[type_]
        match condition["status"]:
            case "True":
                assert condition["reason"] in ("Succeeded", "Skipped"), condition
            case "False":
                assert condition["reason"] in FALSE[type_], condition
            case "Unknown":
                assert (type_, condition["reason"]) == ("ServerReachable", "Pending"), condition
        assert condition["message"], condition


def _assert_conclusions(found: dict[str, Json]) -> None:
    """Ready follows from the others; Reconciling and Stalled are there only while they are True."""
    bad = [type_ for type_ in ASPECTS if found[type_]["status"] != "True"]
    ready = found["Ready"]
    if ready["status"] == "True":
        assert bad in ([], ["ServerReachable"]), found  # a blip of the server is tolerated
        assert not {"Reconciling", "Stalled"} & found.keys(), found
        return
    reasons = {found[type_]["reason"] for type_ in bad} or STALLED
    assert ready["status"] == "False", found
    assert ready["reason"] in reasons, found
    conclusion = "Stalled" if STALLED & reasons else "Reconciling"
    assert {"Reconciling", "Stalled"} & found.keys() == {conclusion}, found
    assert found[conclusion]["status"] == "True", found
