"""The questions of the capability probe."""

import base64
import struct

from openclaw_vllm.core.discovery.questions import PICTURE, ask_for_tool_call, ask_picture, ask_text


def test_the_picture_is_a_png_of_64_by_64_pixels_with_several_colours() -> None:
    scheme, _, data = PICTURE.partition(",")
    picture = base64.b64decode(data)
    assert scheme == "data:image/png;base64"
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (64, 64)
    assert len(picture) < 1024


def test_text_and_picture_ask_the_same_so_that_their_tokens_can_be_compared() -> None:
    text, picture = ask_text("m"), ask_picture("m")
    parts = picture["messages"][0].pop("content")
    assert parts[0] == {"type": "text", "text": text["messages"][0].pop("content")}
    assert picture == text


def test_a_model_is_free_to_call_the_tool_and_has_room_to() -> None:
    request = ask_for_tool_call("m")
    assert (request["tool_choice"], request["max_tokens"]) == ("auto", 256)
