"""What the kernel tells of the network, in a network namespace of its own where there may be one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys

import pytest

from p2pchat_tui.transport.kernel_news import KernelNews

_IN_NAMESPACE = """
import subprocess
from p2pchat_tui.transport.kernel_news import KernelNews
news = KernelNews()
told = [news.came()]
for change in ("link set lo up", "address add 10.9.9.9/32 dev lo", "address delete 10.9.9.9/32 dev lo"):
    subprocess.run(["ip", *change.split()], check=True)
    told += [news.came(), news.came()]
news.close()
print(told)
"""


def _may_make_namespaces() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_make_namespaces(), reason="network namespaces need root and iproute2")
def test_each_change_is_told_once() -> None:
    command = ["unshare", "--net", sys.executable, "-c", _IN_NAMESPACE]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.strip() == str([False, True, False, True, False, True, False])


def test_where_nobody_tells_something_may_always_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> socket.socket:
        raise PermissionError

    monkeypatch.setattr(socket, "AF_NETLINK", 16, raising=False)
    monkeypatch.setattr(socket, "socket", forbidden)
    news = KernelNews()
    assert news.came() and news.came()
    news.close()
