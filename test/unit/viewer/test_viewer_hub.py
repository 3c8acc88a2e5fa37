"""Watchers get the newest; one that is slow costs nothing and misses what is in between."""

from __future__ import annotations

import threading

import pytest

from astro_nav.viewer.encoding import ViewError
from astro_nav.viewer.hub import Hub


def take(watcher) -> dict[str, bytes]:
    return {news.name: news.value for news in watcher.wait_for_news(0.0)}


def test_a_newcomer_gets_everything_and_then_only_what_is_new():
    hub = Hub()
    hub.publish({"map": b"1", "robot": b"2"})
    with hub.watch() as watcher:
        assert take(watcher) == {"map": b"1", "robot": b"2"}
        assert take(watcher) == {}
        hub.publish({"robot": b"3"})
        assert take(watcher) == {"robot": b"3"}


def test_a_slow_watcher_gets_the_newest_of_every_part_once():
    hub = Hub()
    with hub.watch() as slow:
        for number in range(10_000):
            hub.publish({"robot": b"%d" % number, **({"map": b"m"} if number == 5 else {})})
        assert take(slow) == {"robot": b"9999", "map": b"m"}


def test_all_watchers_share_the_bytes():
    hub, value = Hub(), b"x" * 1000
    hub.publish({"map": value})
    with hub.watch() as one, hub.watch() as other:
        assert one.wait_for_news(0.0)[0].value is value and other.wait_for_news(0.0)[0].value is value


def test_too_many_are_refused_and_places_become_free():
    hub = Hub(max_watchers=2)
    with hub.watch(), hub.watch():
        assert hub.watchers == 2
        with pytest.raises(ViewError, match="no more than 2"):
            hub.watch()
    assert hub.watchers == 0
    with hub.watch():
        assert hub.watchers == 1


def test_closing_wakes_everybody():
    hub, answers = Hub(), []

    def watch() -> None:
        with hub.watch() as watcher:
            answers.append(watcher.wait_for_news(60.0))

    threads = [threading.Thread(target=watch) for _ in range(5)]
    for thread in threads:
        thread.start()
    hub.close()
    for thread in threads:
        thread.join(60.0)
    assert answers == [None] * 5


def test_what_is_forgotten_is_not_told_to_newcomers():
    hub = Hub()
    hub.publish({"map": b"1", "mission": b"2"})
    hub.forget(kept=("mission",))
    with hub.watch() as watcher:
        assert take(watcher) == {"mission": b"2"}
