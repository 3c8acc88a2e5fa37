"""Installs the package astro_nav the way ROS 2 expects an ament_python package."""

from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "astro_nav"
DATA_FOLDERS = ("launch", "config", "urdf", "worlds", "maps", "rviz")
NODES = ("global_planner", "local_planner", "safety_controller", "simulator")


def list_data_files(folders: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    """Returns (install folder, files) for every folder with files below the given ones, those that do not exist left out."""
    data_files = []
    for folder in sorted({Path(top) for top in folders} | {p for top in folders for p in Path(top).rglob("*") if p.is_dir()}):
        files = sorted(str(p) for p in folder.glob("*") if p.is_file())
        if files:
            data_files.append((f"share/{PACKAGE}/{folder}", files))
    return data_files


setup(
    name=PACKAGE,
    version="0.1.0",
    description="Navigation stack for a differential-drive home robot",
    license="Apache-2.0",
    maintainer="Astro Nav maintainers",
    maintainer_email="maintainers@astro-nav.invalid",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    package_data={PACKAGE: ["**/*.html", "**/*.css", "**/*.js", "**/*.json"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        ("bin", ["bin/astro-nav"]),
        *list_data_files(DATA_FOLDERS),
    ],
    # What runs comes from package.xml (rosdep) or pypi_ros/requirements-3.*.txt: a second list here would go stale.
    install_requires=["setuptools"],
    extras_require={
        "test": ["pytest"],
        # What `astro-nav evaluate --scheduler` needs; everything else does without.
        "cluster": ["distributed"],
        # What `astro-nav bench` measures itself against; each is skipped when it is missing.
        "bench": ["pyastar2d", "tcod", "scikit-image", "opencv-python-headless", "edt"],
    },
    zip_safe=False,
    entry_points={
        "console_scripts": [
            *(f"{node} = {PACKAGE}.ros.{node}_node:main" for node in NODES),
            f"astro-nav = {PACKAGE}.cli.main:main",
        ],
    },
)
