"""Keeps to one person although the tracker may not.

A track can slip from somebody who passes close by furniture onto the furniture, end where they stand, or go over to somebody who
comes by. So who is followed is not a number: it is a belief of where they are, to which scans and tracks are only news.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from astro_nav.following.belief import Place, PersonBelief
from astro_nav.following.free_memory import FREE, FURNITURE, FreeMemory
from astro_nav.following.own_track import OwnTrack
from astro_nav.following.scan_view import Candidates, NO_CANDIDATES, ScanView
from astro_nav.following.sighting import Sighting
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.following import FollowParams
from astro_nav.types import FloatArray, OccupancyMap

SURE_SHARE, SURE_M = 0.85, 0.3  # a belief so narrow knows where they are
BELIEVED_SHARE, BELIEVED_M = 0.6, 0.45  # and one so narrow thinks to know
BELIEVED_S = 3.0  # for so long out of sight
SEEN_WEIGHT = 0.3  # a candidate of so much weight is somebody
SAME_M = 0.45  # a track or a candidate so near to the place is theirs
OTHERS_M = 0.4  # a candidate so near to somebody else's track is theirs
HIDDEN_S, SUPPOSED_SHARE = 0.5, 0.1  # out of sight for so long, who is seen may be them for so many guesses
PASSED_SHARE = 0.5  # of a person, that rays have passed through where nobody is
SCANS_LIFETIME_S = 0.35  # without scans for longer, tracks alone are news
OTHERS_SHARE, FURNITURE_SHARE, UNKNOWN_SHARE, DOUBT_SHARE = 0.1, 0.01, 0.1, 0.2  # of the weight of what may be somebody or something else
TRACK_DEVIATION_M = 0.15
MOVING_GAIN = 2.0  # the tracker is slow to call something moving, and then it hardly ever errs
CLEAR_S = 0.5  # who is seen without doubt for so long is none of the others
CLEAR_M = 0.7  # around the person nothing is learnt to be furniture
HORIZON_STEPS, STEP_S = 31, 0.1


class PersonKeeper:
    """Says where one person is, from scans and tracks.

    Args:
        params: of following.
        measure_room: distance of points (N, 2) to what the map shows [m].
        occupancy_map: the map, None as long as there is none.
    """

    def __init__(
        self, params: FollowParams, measure_room: Callable[[FloatArray], FloatArray], occupancy_map: OccupancyMap | None
    ) -> None:
        self.params, self._measure_room = params, measure_room
        self._belief = PersonBelief(measure_room)
        self._memory = FreeMemory()
        self._memory.begin(occupancy_map)
        self._tracks: Sequence[Sighting] = ()
        self._others: set[int] = set()
        self._own_track = OwnTrack(SAME_M)
        self._scan_s = self._seen_s = self._sight_s = -np.inf
        self._sight_map = np.zeros(2)  # where they were in sight last, and not only their track
        self._clear_s = np.inf  # since when they are seen without doubt
        self._label, self._track_id = "", 0
        self._place: Place | None = None
        self.is_visible = False

    @property
    def belief(self) -> PersonBelief:
        """Where they may be."""
        return self._belief

    @property
    def is_believed(self) -> bool:
        """Whether the belief is narrow enough to say where they are."""
        place = self._place
        is_narrow = place is not None and place.share >= BELIEVED_SHARE and place.deviation_m <= BELIEVED_M
        return is_narrow and self._belief.stamp_s - self._seen_s <= BELIEVED_S

    def begin(self, person: Sighting) -> None:
        """This is who is followed."""
        self._label, self._track_id = person.label, person.track_id
        self._others.clear()
        self._own_track.clear()
        self._belief.begin(person.position_map, person.velocity_map, person.stamp_s)
        self._place = self._belief.find_place()
        self._seen_s = self._sight_s = person.stamp_s
        self._sight_map = person.position_map
        self.is_visible = True

    def take_scan(self, points: ScanPoints) -> None:
        """News from the lidar, its coordinates in the map."""
        if self._place is None or not points.hit.any():
            return
        view = ScanView(points)
        self._scan_s = view.stamp_s
        self._belief.move_on(view.stamp_s)
        found = view.find_candidates(self._measure_room)
        scanned = candidates = self._doubt_others(found.weaken(self._judge_places(found.surfaces_map)))
        self._tracks = self._leave_out_phantoms(self._tracks, found, view)
        candidates = _join(candidates, self._make_candidates([track for track in self._tracks if track.moving], view.stamp_s))
        self._suppose_who_turns_up(candidates, view.stamp_s)
        self._belief.correct(candidates, view.measure_passed(self._belief.positions_map)[0])
        self._conclude(candidates, scanned)
        self._heed_own_track(view.stamp_s)
        knows = self.is_visible and self._is_sure()
        self._memory.add_scan(view, points.points_odom[points.hit], self._place.position_map, CLEAR_M if knows else np.inf)

    def _suppose_who_turns_up(self, candidates: Candidates, time_s: float) -> None:
        """While they are out of sight: who is seen where they can have come to, and is nobody known, may be them."""
        assert self._place is not None
        hidden_s = time_s - self._sight_s
        if self.is_visible or hidden_s < HIDDEN_S:
            return
        reach_m = self.params.again_m + self.params.again_mps * hidden_s
        for track in self._tracks:
            at = track.predict(time_s)
            near = np.hypot(*(candidates.positions_map - at).T) <= SAME_M
            is_somebody = track.person and track.track_id not in self._others and not self._is_somebody_else(track)
            if is_somebody and candidates.weights[near].max(initial=0.0) >= SEEN_WEIGHT and math.dist(at, self._sight_map) <= reach_m:
                self._belief.suppose(at, track.velocity_map, SUPPOSED_SHARE)

    def _leave_out_phantoms(self, tracks: Sequence[Sighting], found: Candidates, view: ScanView) -> list[Sighting]:
        """The tracks without those that move on out of sight, as the tracker expects, into places where rays find nobody."""
        if not tracks:
            return []
        places = np.array([track.predict(view.stamp_s) for track in tracks])
        gaps_m = np.hypot(*np.moveaxis(places[:, np.newaxis] - found.positions_map, -1, 0))
        is_denied = (view.measure_passed(places)[0] > PASSED_SHARE) & ~(gaps_m <= SAME_M).any(axis=1)
        return [track for track, denied in zip(tracks, is_denied) if not denied or self._label and track.label == self._label]

    def _heed_own_track(self, time_s: float) -> None:
        """A proved track that moves where people can be overrules a belief that is elsewhere."""
        assert self._place is not None
        moving = [track for track in self._tracks if track.moving and track.person and not self._is_somebody_else(track)]
        if moving:
            rooms_m = self._measure_room(np.array([track.predict(time_s) for track in moving]))
            moving = [track for track, room_m in zip(moving, rooms_m) if room_m >= self.params.doubt_room_m]
        if moving and (own := self._own_track.find_overruling(self._place.position_map, moving, time_s)) is not None:
            self._track_id = own.track_id
            self._others.discard(own.track_id)
            self._restart(own)

    def _judge_places(self, surfaces_map: FloatArray) -> FloatArray:
        """Share (N,) of their weight that candidates keep: who comes is where it was free before."""
        memory = self._memory.look_up(surfaces_map)
        return np.where(memory >= FURNITURE, FURNITURE_SHARE, np.where(memory <= FREE, 1.0, UNKNOWN_SHARE))

    def take_tracks(self, tracks: Sequence[Sighting], now_s: float) -> None:
        """News from the tracker."""
        self._tracks = tracks
        if self._place is None:
            return
        named = [track for track in tracks if self._label and track.label == self._label]
        if named:  # a label decides alone
            self._track_id = named[0].track_id
            if np.hypot(*(named[0].position_map - self._place.position_map)) > SAME_M:
                self._restart(named[0])
        if now_s - self._scan_s <= SCANS_LIFETIME_S:
            return
        self._belief.move_on(now_s)
        candidates = self._make_candidates(tracks, now_s)
        self._belief.correct(candidates, np.zeros(len(self._belief.weights)))
        self._conclude(candidates, candidates)
        same = [track for track in tracks if track.track_id == self._track_id and track.person]
        if not self.is_visible and same and not self._is_somebody_else(same[0]):  # no scan says otherwise: the number is all there is
            self._restart(same[0])

    def make_sighting(self, now_s: float) -> Sighting:
        """The person as the belief has them; where a track agrees, with its number and its prediction."""
        assert self._place is not None
        track = self._find_track(now_s)
        if track is not None:
            return track
        place = self._place
        speed_mps = float(np.hypot(*place.velocity_map))
        way = place.position_map + place.velocity_map * STEP_S * np.arange(HORIZON_STEPS)[:, np.newaxis]
        blocked = np.flatnonzero(self._measure_room(way) < 0.0)
        if len(blocked):
            way[blocked[0] :] = way[max(blocked[0] - 1, 0)]
        moving = speed_mps >= self.params.walk_speed_mps
        return Sighting(0, self._label, True, moving, self._belief.stamp_s, way[0], place.velocity_map, way, STEP_S)

    def _restart(self, person: Sighting) -> None:
        self._belief.begin(person.position_map, person.velocity_map, max(person.stamp_s, self._belief.stamp_s))
        self._place = self._belief.find_place()
        self._seen_s = self._sight_s = self._belief.stamp_s
        self._sight_map = person.position_map
        self.is_visible = True

    def _is_sure(self) -> bool:
        place = self._place
        return place is not None and place.share >= SURE_SHARE and place.deviation_m <= SURE_M

    def _conclude(self, candidates: Candidates, scanned: Candidates) -> None:
        """Where they are now, and who is somebody else; only who is seen themselves, not a track alone, tells others apart."""
        self._place = place = self._belief.find_place()
        near = np.hypot(*(candidates.positions_map - place.position_map).T) <= SAME_M
        own = self._find_track(self._belief.stamp_s)
        is_there = bool((candidates.weights[near] >= SEEN_WEIGHT).any() or own is not None)
        if is_there:
            self._seen_s = self._belief.stamp_s
        self.is_visible = is_there and self.is_believed
        if own is not None:
            self._track_id = own.track_id
            self._others.discard(own.track_id)
        self._own_track.note(own if self.is_visible and self._is_sure() else None, self._belief.stamp_s)
        near = np.hypot(*(scanned.positions_map - place.position_map).T) <= SAME_M
        is_clear = self.is_visible and self._is_sure() and bool((scanned.weights[near] >= SEEN_WEIGHT).any())
        self._clear_s = min(self._clear_s, self._belief.stamp_s) if is_clear else np.inf
        if is_clear:
            self._sight_s, self._sight_map = self._belief.stamp_s, place.position_map
        if self._belief.stamp_s - self._clear_s >= CLEAR_S:
            apart_m = self.params.again_m
            self._others |= {
                track.track_id
                for track in self._tracks
                if np.hypot(*(track.predict(self._belief.stamp_s) - place.position_map)) > apart_m
            }

    def _find_track(self, time_s: float) -> Sighting | None:
        """The track that agrees with the belief: the one before, else the nearest."""
        if self._place is None:
            return None
        best_m, best = np.inf, None
        for track in self._tracks:
            if self._is_somebody_else(track):
                continue
            off_m = float(np.hypot(*(track.predict(time_s) - self._place.position_map)))
            off_m -= 0.15 if track.track_id == self._track_id else 0.0
            if off_m < min(best_m, SAME_M - 0.15):
                best_m, best = off_m, track
        return best

    def _is_somebody_else(self, track: Sighting) -> bool:
        return bool(self._label and track.label and track.label != self._label)

    def _doubt_others(self, candidates: Candidates) -> Candidates:
        """What is near to somebody else's track is theirs, unless it is where the person is believed to be."""
        assert self._place is not None
        share = np.ones(len(candidates.weights))
        for track in self._tracks:
            if track.track_id not in self._others and not self._is_somebody_else(track):
                continue
            at = track.predict(self._belief.stamp_s)
            if np.hypot(*(at - self._place.position_map)) > SAME_M:
                share[np.hypot(*(candidates.positions_map - at).T) <= OTHERS_M] = OTHERS_SHARE
        return candidates.weaken(share)

    def _make_candidates(self, tracks: Sequence[Sighting], time_s: float) -> Candidates:
        """Tracks as candidates; those that stand on furniture have probably slipped onto it."""
        mine = [t for t in tracks if (t.person or t.moving) and t.track_id not in self._others and not self._is_somebody_else(t)]
        if not mine:
            return NO_CANDIDATES
        positions = np.array([track.predict(time_s) for track in mine])
        doubtful = self._measure_room(positions) < self.params.doubt_room_m
        weights = np.where(doubtful, DOUBT_SHARE, np.where([track.moving for track in mine], MOVING_GAIN, 1.0))
        return Candidates(positions, np.full(len(mine), TRACK_DEVIATION_M), weights, positions, NO_CANDIDATES.ends_map)


def _join(first: Candidates, second: Candidates) -> Candidates:
    return Candidates(
        np.concatenate([first.positions_map, second.positions_map]),
        np.concatenate([first.deviations_m, second.deviations_m]),
        np.concatenate([first.weights, second.weights]),
        np.concatenate([first.surfaces_map, second.surfaces_map]),
        first.ends_map,
    )
