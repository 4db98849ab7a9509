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
    "Contested",
    "Immutable",
    "TooLarge",
    "TooManyModels",
    "BaseConfigInvalid",
    "WriteRefused",
    "InvalidSpec",
}
NOT_ASKED = {"Pending", "NoReadyEndpoints"}
FALSE = {"EndpointResolved": ENDPOINT, "ServerReachable": SERVER, "ConfigPublished": PUBLISHED}
ASPECTS = tuple(FALSE)
STALLED = {
    "InvalidSpec",
    "NotOwned",
    "Contested",
    "Immutable",
    "DestinationDenied",
    "KeyNotAllowed",
    "TooManyModels",
    "BaseConfigInvalid",
}


def assert_honest(provider: Json) -> Json:
    """Return a VllmProvider whose conditions agree with each other; raise what is wrong."""
    status = provider["status"]
    result = {condition["type"]: condition for condition in status["conditions"]}
    reason, newest = result["Ready"]["reason"], status["observedGeneration"]
    assert all(condition["observedGeneration"] <= newest for condition in result.values()), status
    if reason == "InvalidSpec":  # nothing was looked at, so the others say what they said
        assert result["Ready"]["observedGeneration"] == newest
        assert result["Stalled"]["reason"] == "InvalidSpec", result
    elif reason != "Suspended":
        _assert_aspects(result)
        _assert_conclusions(result)
        assert {condition["observedGeneration"] for condition in result.values()} == {newest}
    assert not {"finalizers", "ownerReferences"} & provider["metadata"].keys()
    return provider


def _assert_aspects(item: dict[str, Json]) -> None:
    for type_ in ASPECTS:
        condition = item[type_]
        match condition["status"]:
            case "True":
                assert condition["reason"] in ("Succeeded", "Skipped", "NoChatModels"), condition
            case "False":
                assert condition["reason"] in FALSE[type_], condition
            case "Unknown":
                assert type_ == "ServerReachable", condition
                assert condition["reason"] in NOT_ASKED, condition
        assert condition["message"], condition


def _assert_conclusions(item: dict[str, Json]) -> None:
    """Ready follows from the others; Reconciling and Stalled are there only while they are True."""
    bad = [type_ for type_ in ASPECTS if item[type_]["status"] != "True"]
    ready = item["Ready"]
    if ready["status"] == "True":
        assert bad in ([], ["ServerReachable"]), item  # a blip of the server is tolerated
        assert not {"Reconciling", "Stalled"} & item.keys(), item
        return
    reasons = {item[type_]["reason"] for type_ in bad} or STALLED
    assert ready["status"] == "False", item
    assert ready["reason"] in reasons, item
    conclusion = "Stalled" if STALLED & reasons else "Reconciling"
    assert {"Reconciling", "Stalled"} & item.keys() == {conclusion}, item
    assert item[conclusion]["status"] == "True", item
