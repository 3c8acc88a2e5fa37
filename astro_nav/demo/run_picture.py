"""The picture of a run, from its log and its recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from astro_nav.demo.drive_log import DriveLog
from astro_nav.demo.moments import find_moment
from astro_nav.demo.report import RunReport
from astro_nav.demo.run_folder import RunFolder
from astro_nav.demo.scene import Scene
from astro_nav.params.demo import DemoParams
from astro_nav.types import FloatArray
from astro_nav.visualization.picture import RunPicture, save_picture


def draw_run(report: RunReport, scene: Scene, params: DemoParams, folder: RunFolder) -> None:
    """Write the picture of a run, whatever there is to be seen in it."""
    log, frames = report.log, params.frames
    moment = None
    if report.recording:
        moment = find_moment(Path(report.recording), log.truth, scene.boxes_map, frames.map, frames.odom)
    poses = np.array([sample.pose_map_base for sample in log.truth]).reshape(-1, 3)
    stamps = np.array([sample.stamp_s for sample in log.truth])
    picture = RunPicture(
        title=f"{scene.title}: {report.goals_reached} of {len(scene.goals)} goals in {log.duration_s:.0f} s, "
        f"{len(log.contacts)} contacts",
        map=scene.map,
        max_speed_mps=params.robot.limits.max_speed_mps,
        footprint_m=params.robot.footprint,
        times_s=stamps - stamps[0] if len(stamps) else stamps,
        poses_map_base=poses,
        speeds_mps=np.array([sample.twist[0] for sample in log.truth]),
        clearances_m=np.array([sample.clearance_m for sample in log.truth]),
        goals_map=np.array([goal.pose_map for goal in scene.goals]).reshape(-1, 3),
        goals_reached=[record.answer == "reached" for record in log.goals],
        people_map=collect_people_tracks(log),
        boxes_map=scene.boxes_map,
        contacts_map=np.array([contact.position_map for contact in log.contacts]).reshape(-1, 2),
        moment=moment,
    )
    save_picture(picture, folder.picture)


def collect_people_tracks(log: DriveLog) -> dict[str, FloatArray]:
    """Name -> positions (N, 2) over the drive."""
    tracks: dict[str, list[FloatArray]] = {}
    for sample in log.truth:
        for name, position in sample.people_map.items():
            tracks.setdefault(name, []).append(position)
    return {name: np.array(track) for name, track in tracks.items()}
