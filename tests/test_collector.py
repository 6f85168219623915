"""The garbage collector and code: off while it is loaded, and on again as it was before."""

from __future__ import annotations

import gc

import pytest

from p2pchat_tui.collector import code_loading


class Loaded:
    """Something that only a collector can remove."""

    def __init__(self) -> None:
        self.me = self


@pytest.mark.parametrize("was_on", [True, False])
def test_nothing_is_collected_meanwhile_and_what_is_loaded_is_left_alone(was_on: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with pytest.raises(ImportError), code_loading():
            loaded = Loaded()
            assert not gc.isenabled() and gc.is_tracked(loaded)
            raise ImportError
        assert gc.isenabled() is was_on
        assert not any(each is loaded for each in gc.get_objects()), "it is looked at by no collection"
    finally:
        gc.unfreeze()
        (gc.enable if before else gc.disable)()
