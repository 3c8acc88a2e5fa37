"""Parameters of tracking and prediction: sections `tracking` and `prediction` of config/local_planner.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class SegmentationParams:
    """How a scan is cut into segments, and which of them may be legs or bodies."""

    max_range_m: float = parameter("nothing farther away is tracked", unit="m", minimum=1.0, maximum=30.0)
    gap_m: float = parameter("largest step between neighbouring rays on one surface, beyond their spacing", unit="m", minimum=0.01, maximum=0.5)
    gap_slant: float = parameter("how many spacings of neighbouring rays a surface may step on top", minimum=1.0, maximum=5.0)
    max_missing_rays: int = parameter("rays without an echo that a segment bridges", minimum=0, maximum=10)
    max_size_m: float = parameter("larger segments are no people", unit="m", minimum=0.2, maximum=2.0)
    body_width_m: float = parameter("from this width on a segment is a body, or both legs, and not one leg", unit="m", minimum=0.1, maximum=1.0)
    min_leg_radius_m: float = parameter("thinnest leg", unit="m", minimum=0.005, maximum=0.2)
    max_body_radius_m: float = parameter("thickest body", unit="m", minimum=0.1, maximum=0.6)
    max_candidates: int = parameter("at most so many segments, the nearest, are looked at in a scan", minimum=4, maximum=512)


@dataclass(frozen=True)
class BackgroundParams:
    """The slow memory of where space was seen free: what appears there has come there."""

    size_m: float = parameter("edge of the window around the robot", unit="m", minimum=4.0, maximum=40.0)
    resolution_m: float = parameter("edge of a cell", unit="m", minimum=0.02, maximum=0.5)
    absorb_s: float = parameter("standing time until something in free space counts as furniture", unit="s", minimum=0.2, maximum=60.0)
    clear_s: float = parameter("time of seeing through a place until it counts as free", unit="s", minimum=0.1, maximum=60.0)
    free_share: float = parameter("share of `clear_s` after which a place never seen before counts as free", minimum=0.01, maximum=1.0)
    occupied_share: float = parameter("share of `absorb_s` after which something in a place never seen before is furniture", minimum=0.01, maximum=1.0)
    max_step_s: float = parameter("a gap between two scans teaches no more than this time", unit="s", minimum=0.01, maximum=5.0)
    max_reach_cells: int = parameter("the memory tolerates that the scan has slipped against it by at most so many cells", minimum=0, maximum=20)
    static_evidence: float = parameter("evidence of the local map from which nothing new can begin, whatever the memory says", minimum=0.01, maximum=100.0)


@dataclass(frozen=True)
class AlignmentParams:
    """Laying scans onto a reference scan, so that the drift of odometry is not taken for motion."""

    slots: int = parameter("directions into which the reference is sorted", minimum=36, maximum=4096)
    search_slots: int = parameter("directions to either side in which a partner is looked for", minimum=1, maximum=64)
    max_gap_m: float = parameter("neighbouring points farther apart are not on one surface", unit="m", minimum=0.05, maximum=2.0)
    max_distance_m: float = parameter("partners farther apart are none", unit="m", minimum=0.02, maximum=2.0)
    scale_m: float = parameter("distance from a surface at which a point counts half", unit="m", minimum=0.002, maximum=0.5)
    iterations: int = parameter("at most so many rounds of matching", minimum=1, maximum=50)
    base_shift_m: float = parameter("error of odometry from scan to scan when the robot stands, one standard deviation", unit="m", minimum=0.00001, maximum=0.1)
    base_turn_rad: float = parameter("likewise of the heading", unit="rad", minimum=0.00001, maximum=0.1)
    shift_per_travel: float = parameter("error of the way per metre, one standard deviation", minimum=0.0, maximum=1.0)
    turn_per_travel_radpm: float = parameter("error of the heading per metre, one standard deviation", unit="rad/m", minimum=0.0, maximum=3.0)
    turn_per_turn: float = parameter("error of the heading per turn, one standard deviation", minimum=0.0, maximum=1.0)
    max_shift_m: float = parameter("a larger correction in one scan is not believed", unit="m", minimum=0.01, maximum=1.0)
    max_turn_rad: float = parameter("likewise of the heading", unit="rad", minimum=0.01, maximum=1.0)
    min_partners: int = parameter("with fewer partners odometry is believed", minimum=3, maximum=1000)
    min_share: float = parameter("with a smaller share of the points that have a partner odometry is believed", minimum=0.0, maximum=1.0)
    renew_distance_m: float = parameter("the reference is renewed after this way", unit="m", minimum=0.01, maximum=5.0)
    renew_turn_rad: float = parameter("the reference is renewed after this turn", unit="rad", minimum=0.01, maximum=6.3)
    renew_s: float = parameter("the reference is renewed after this time", unit="s", minimum=0.05, maximum=60.0)
    renew_share: float = parameter("the reference is renewed when fewer points have a partner", minimum=0.0, maximum=1.0)
    residual_share: float = parameter("share of the wheels' slip that may be left after a good alignment", minimum=0.0, maximum=1.0)


@dataclass(frozen=True)
class MotionModelParams:
    """Kalman filter: constant velocity, and how well a person's middle is measured."""

    acceleration_noise_mps2: float = parameter("how much velocity changes within a second, one standard deviation", unit="m/s^2", minimum=0.05, maximum=10.0)
    start_speed_mps: float = parameter("standard deviation of the velocity of something new", unit="m/s", minimum=0.1, maximum=3.0)
    position_noise_m: float = parameter("error of a person's middle when both legs or the body are seen", unit="m", minimum=0.005, maximum=0.5)
    leg_noise_m: float = parameter("distance of one leg from the person's middle, per axis, one standard deviation", unit="m", minimum=0.01, maximum=0.5)
    bearing_noise_rad: float = parameter("error of directions, from the spacing of rays and the robot's turning", unit="rad", minimum=0.0, maximum=0.1)
    hidden_edge_noise_m: float = parameter("additional error across the line of sight when something nearer hides an edge", unit="m", minimum=0.0, maximum=0.5)


@dataclass(frozen=True)
class AssociationParams:
    """Which segment belongs to which track: global nearest neighbour over legs."""

    gate: float = parameter("largest squared Mahalanobis distance, chi-square with two degrees of freedom", minimum=1.0, maximum=50.0)
    new_density_pm2: float = parameter("expected number of new moving things and false detections in space seen free", unit="1/m^2", minimum=0.0001, maximum=10.0)
    birth_seen_free_share: float = parameter("share of a segment's points in space seen free from which it may be new", minimum=0.01, maximum=1.0)
    second_leg_penalty: float = parameter("price of explaining a segment as a track's second leg, in squared deviations", minimum=0.0, maximum=50.0)
    furniture_penalty: float = parameter("price of explaining known furniture as part of a moving track, in squared deviations; what is partly hidden, too, is not explained at all", minimum=0.0, maximum=50.0)
    max_leg_spread_m: float = parameter("largest distance between the legs of one person", unit="m", minimum=0.1, maximum=1.5)
    pair_distance_m: float = parameter("legs nearer than this make one new track, not two", unit="m", minimum=0.05, maximum=1.0)
    merge_distance_m: float = parameter("tracks nearer than this for `merge_s` are the same person", unit="m", minimum=0.05, maximum=1.0)
    merge_s: float = parameter("see `merge_distance_m`", unit="s", minimum=0.0, maximum=5.0)


@dataclass(frozen=True)
class ExistenceParams:
    """Birth and death: the logarithm of the odds that a track is real."""

    detection_probability: float = parameter("chance to see a person who is in plain view", minimum=0.1, maximum=0.999)
    search_radius_m: float = parameter("rays aimed this near to where a person is expected tell whether the place is in view", unit="m", minimum=0.02, maximum=1.0)
    max_search_radius_m: float = parameter("that distance grows with the uncertainty of the position up to this", unit="m", minimum=0.02, maximum=2.0)
    hit_gain: float = parameter("log odds that a scan with the track in it adds", minimum=0.05, maximum=5.0)
    confirmed: float = parameter("log odds from which a track counts", minimum=0.0, maximum=20.0)
    limit: float = parameter("largest log odds", minimum=0.5, maximum=50.0)
    deleted: float = parameter("log odds below which a track ends", minimum=-20.0, maximum=0.0)
    max_hidden_s: float = parameter("a moving person out of sight is followed so long", unit="s", minimum=0.1, maximum=10.0)
    max_hidden_standing_s: float = parameter("a standing person out of sight is remembered so long", unit="s", minimum=0.1, maximum=60.0)
    max_tentative_s: float = parameter("something unconfirmed is kept so long without being seen", unit="s", minimum=0.05, maximum=10.0)
    max_position_deviation_m: float = parameter("a track whose position is less certain ends", unit="m", minimum=0.2, maximum=5.0)
    max_tracks: int = parameter("most tracks at once, the nearest to the robot are kept", minimum=1, maximum=256)


@dataclass(frozen=True)
class PersonEvidenceParams:
    """How likely something that has never moved is a person: logarithms of odds that add up to those of one scan."""

    leg_width_m: float = parameter("how wide a leg is at the lidar's height", unit="m", minimum=0.03, maximum=0.4)
    leg_deviation_m: float = parameter("standard deviation of that width among people", unit="m", minimum=0.002, maximum=0.2)
    thin_width_m: float = parameter("how wide a leg of furniture is", unit="m", minimum=0.005, maximum=0.2)
    thin_deviation_m: float = parameter("standard deviation of that width among furniture", unit="m", minimum=0.002, maximum=0.2)
    thing_width_m: float = parameter("other things are of any width up to this", unit="m", minimum=0.1, maximum=5.0)
    thin_share: float = parameter("share of the things among which a leg must be told that are thin legs", minimum=0.0, maximum=0.99)
    spacing_share: float = parameter("error of a width as a share of the distance between neighbouring rays", minimum=0.0, maximum=2.0)
    inner_step_m: float = parameter("step in range within a segment from which it is one leg in front of the other", unit="m", minimum=0.01, maximum=0.5)
    shape_weight: float = parameter("how much the widths count, against one", minimum=0.0, maximum=5.0)
    pair_odds: float = parameter("log odds of two blobs a person's legs apart, before their widths are looked at", minimum=-20.0, maximum=20.0)
    hidden_odds: float = parameter("likewise when one of them hides the other in part", minimum=-20.0, maximum=20.0)
    single_odds: float = parameter("likewise of one blob", minimum=-20.0, maximum=20.0)
    body_odds: float = parameter("likewise of one that is as wide as a body", minimum=-20.0, maximum=20.0)
    unmapped_odds: float = parameter("log odds added where the global map shows nothing", minimum=-20.0, maximum=20.0)
    mapped_odds: float = parameter("log odds added where the global map shows something", minimum=-20.0, maximum=20.0)
    mapped_distance_m: float = parameter("what is this near to something in the global map is that", unit="m", minimum=0.0, maximum=1.0)
    mapped_from: int = parameter("occupancy from which a cell of the global map is something", minimum=1, maximum=100)
    limit: float = parameter("one scan never says more, in log odds", minimum=0.1, maximum=20.0)
    start: float = parameter("log odds of something new", minimum=-20.0, maximum=20.0)
    memory_s: float = parameter("time over which the odds of scans are averaged", unit="s", minimum=0.05, maximum=30.0)
    proof_s: float = parameter("that it moved says after standing for this long a third of what it said", unit="s", minimum=0.1, maximum=1000.0)
    birth: float = parameter("log odds of one scan from which something that stands is followed", minimum=-20.0, maximum=20.0)
    least: float = parameter("log odds from which it counts, by its chance", minimum=-20.0, maximum=20.0)
    furniture: float = parameter("log odds below which what stands becomes furniture", minimum=-20.0, maximum=20.0)


@dataclass(frozen=True)
class MotionDecisionParams:
    """When something moves: speed and significant displacement into space that was seen free."""

    start_speed_mps: float = parameter("slower is not moving", unit="m/s", minimum=0.01, maximum=2.0)
    start_displacement_m: float = parameter("a shorter way within the window is not moving", unit="m", minimum=0.01, maximum=2.0)
    significance: float = parameter("squared Mahalanobis distance of the displacement from none, at least", minimum=0.0, maximum=100.0)
    min_straightness: float = parameter("displacement as a share of the way that was estimated within the window, at least", minimum=0.0, maximum=1.0)
    window_s: float = parameter("time over which displacement is measured", unit="s", minimum=0.2, maximum=3.0)
    min_window_s: float = parameter("shortest time of sight for the decision", unit="s", minimum=0.1, maximum=3.0)
    min_seen_free_share: float = parameter("share of recent measurements that lay in space seen free, at least", minimum=0.0, maximum=1.0)
    seen_free_memory_s: float = parameter("time constant of that share", unit="s", minimum=0.05, maximum=10.0)
    max_left_behind: float = parameter("share of the places it came from at which something still stands, at most", minimum=0.0, maximum=1.0)
    max_recurrence: float = parameter("share of the scans of a while ago in which something already stood where it is now, at most", minimum=0.0, maximum=1.0)
    rest_way_m: float = parameter("a foot rests while the body goes this far; what was there before that was there a while ago", unit="m", minimum=0.0, maximum=2.0)
    min_rest_s: float = parameter("shortest rest of a foot", unit="s", minimum=0.1, maximum=3.0)
    max_rest_s: float = parameter("longest rest of a foot of somebody who walks", unit="s", minimum=0.1, maximum=5.0)
    present_s: float = parameter("now: scans that are younger, together, tell whether a place is empty", unit="s", minimum=0.0, maximum=1.0)
    place_radius_m: float = parameter("a hit this near to such a place is the thing that still stands there", unit="m", minimum=0.01, maximum=0.5)
    start_scans: int = parameter("scans in a row that must say so", minimum=1, maximum=20)
    turn_slip: float = parameter("share of the robot's turn rate that may be false", minimum=0.0, maximum=1.0)
    slip_memory_s: float = parameter("time constant of forgetting how much the robot turned and travelled", unit="s", minimum=0.05, maximum=30.0)
    travel_slip: float = parameter("share of the robot's speed that may be false", minimum=0.0, maximum=1.0)
    stop_speed_mps: float = parameter("faster is still moving", unit="m/s", minimum=0.0, maximum=2.0)
    stop_displacement_m: float = parameter("a longer way within the window is still moving", unit="m", minimum=0.0, maximum=2.0)
    stop_s: float = parameter("time that both must hold until it stands", unit="s", minimum=0.0, maximum=10.0)


@dataclass(frozen=True)
class ShapeParams:
    """How large tracks are taken to be."""

    person_radius_m: float = parameter("disc around a person's middle that contains the person, unless more is seen", unit="m", minimum=0.1, maximum=1.0)
    min_radius_m: float = parameter("smallest disc around anything", unit="m", minimum=0.02, maximum=1.0)
    margin_m: float = parameter("added to half the width that was seen of what is no person", unit="m", minimum=0.0, maximum=1.0)
    min_person_width_m: float = parameter("what moves and is never wider than this is a pet or a thing", unit="m", minimum=0.0, maximum=1.0)
    reach_m: float = parameter("hits this near to a moving track's middle are part of it", unit="m", minimum=0.05, maximum=1.0)


@dataclass(frozen=True)
class CameraParams:
    """Fusion of people that another sensor reports."""

    max_age_s: float = parameter("older reports are not used", unit="s", minimum=0.0, maximum=5.0)
    min_deviation_m: float = parameter("no camera is taken to be more exact", unit="m", minimum=0.001, maximum=1.0)
    max_deviation_m: float = parameter("reports less exact than this are not used", unit="m", minimum=0.05, maximum=10.0)
    label_bonus: float = parameter("how much the same name speaks for the same person, in squared deviations", minimum=0.0, maximum=100.0)


@dataclass(frozen=True)
class TrackingParams:
    """Detection and tracking of people and other moving things from the scan."""

    segmentation: SegmentationParams
    alignment: AlignmentParams
    background: BackgroundParams
    model: MotionModelParams
    association: AssociationParams
    existence: ExistenceParams
    evidence: PersonEvidenceParams
    motion: MotionDecisionParams
    shape: ShapeParams
    camera: CameraParams
    max_gap_s: float = parameter("after a longer time without scans, or a clock that jumps back by more, tracking begins anew", unit="s", minimum=0.2, maximum=60.0)

    def find_conflicts(self) -> list[str]:
        conflicts = []
        if self.motion.stop_speed_mps >= self.motion.start_speed_mps:
            conflicts.append(
                f"motion.stop_speed_mps = {self.motion.stop_speed_mps:g} m/s must be below motion.start_speed_mps = "
                f"{self.motion.start_speed_mps:g} m/s: without a gap the decision flickers"
            )
        if self.existence.confirmed > self.existence.limit:
            conflicts.append(
                f"existence.confirmed = {self.existence.confirmed:g} exceeds existence.limit = {self.existence.limit:g}: "
                "no track would ever count"
            )
        if self.motion.min_rest_s > self.motion.max_rest_s:
            conflicts.append(
                f"motion.min_rest_s = {self.motion.min_rest_s:g} s exceeds motion.max_rest_s = {self.motion.max_rest_s:g} s"
            )
        cells = self.background.size_m / self.background.resolution_m
        if not 8 <= cells <= 512:
            conflicts.append(
                f"background.size_m = {self.background.size_m:g} m at background.resolution_m = "
                f"{self.background.resolution_m:g} m makes {cells:.0f} cells an edge, outside [8, 512]"
            )
        return conflicts


@dataclass(frozen=True)
class PredictionParams:
    """Where people will be: constant velocity, turning, changing speed, starting, and walls."""

    enabled: bool = parameter("off, everybody is taken to stay where they are", live=True)
    max_tracks: int = parameter("at most so many tracks, the nearest to the robot, are predicted", minimum=0, maximum=256, live=True)
    turning_rad: float = parameter("change of a walking person's heading within a second, one standard deviation", unit="rad", minimum=0.0, maximum=3.0, live=True)
    speed_change: float = parameter("change of a walking person's speed within a second as a share of it, one standard deviation", minimum=0.0, maximum=3.0, live=True)
    start_rate_hz: float = parameter("how often a standing person starts, per second", unit="Hz", minimum=0.0, maximum=2.0, live=True)
    start_speed_mps: float = parameter("speed of a person who starts", unit="m/s", minimum=0.0, maximum=3.0, live=True)
    drift_mps2: float = parameter("change of velocity within a second, in all directions, of everything, one standard deviation", unit="m/s^2", minimum=0.0, maximum=3.0, live=True)
    settle_rate_hz: float = parameter("how fast a velocity that is all uncertain fades", unit="Hz", minimum=0.0, maximum=10.0, live=True)
    max_speed_mps: float = parameter("people are not predicted to be faster", unit="m/s", minimum=0.1, maximum=10.0, live=True)
    max_deviation_m: float = parameter("position deviations are cut off here: beyond it nothing is known", unit="m", minimum=0.1, maximum=10.0, live=True)
    body_clearance_m: float = parameter("nearest that a walking person's middle comes to a wall", unit="m", minimum=0.0, maximum=1.0, live=True)
    wall_time_s: float = parameter("time ahead from which people turn away from a wall", unit="s", minimum=0.1, maximum=3.0, live=True)
    wall_half_width_m: float = parameter("what reaches so far to both sides is a wall that uncertainty does not cross", unit="m", minimum=0.05, maximum=2.0, live=True)
    yielding: float = parameter("share of their speed that people lose in front of the robot", minimum=0.0, maximum=1.0, live=True)
    yielding_distance_m: float = parameter("distance from which people slow down for the robot", unit="m", minimum=0.1, maximum=5.0, live=True)
