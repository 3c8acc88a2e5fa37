import os

import pytest
from scenes.install_prefix import InstallPrefix

from astro_nav.launching.errors import LaunchError
from astro_nav.launching.packages import find_executable, find_launch_file, find_package_prefix


@pytest.fixture
def prefixes(tmp_path):
    first, second = InstallPrefix(tmp_path / "first"), InstallPrefix(tmp_path / "second")
    second.add_program("pkg", "tool")
    second.add_program("other", "tool")
    first.add_program("other", "tool")
    return first, second, {"AMENT_PREFIX_PATH": f"{first.folder}{os.pathsep}{second.folder}"}


def test_first_prefix_that_has_the_package_hides_the_others(prefixes):
    first, second, environment = prefixes
    assert find_package_prefix("pkg", environment) == second.folder
    assert find_package_prefix("other", environment) == first.folder
    assert find_executable("other", "tool", environment) == first.folder / "lib/other/tool"


def test_file_that_may_not_be_executed_is_named(prefixes):
    _, second, environment = prefixes
    (second.folder / "lib/pkg/tool").chmod(0o644)
    with pytest.raises(LaunchError, match="lib/pkg/tool may not be executed"):
        find_executable("pkg", "tool", environment)


@pytest.mark.parametrize("name", ["", "..", "../pkg/tool/x"])
def test_odd_executable_names_are_not_found(name, prefixes):
    with pytest.raises(LaunchError, match="is not in"):
        find_executable("pkg", name, prefixes[2])


def test_launch_file_is_found_by_path_name_and_short_name(prefixes, tmp_path, monkeypatch):
    _, second, environment = prefixes
    installed = second.add_launch_file("pkg", "go.launch.xml", "")
    monkeypatch.chdir(tmp_path)
    assert find_launch_file("go.launch.xml", "pkg", environment) == installed
    assert find_launch_file("go", "pkg", environment) == installed
    local = tmp_path / "go.launch.xml"
    local.write_text("<launch/>")
    assert find_launch_file("go.launch.xml", "pkg", environment) == local
    assert find_launch_file(str(installed), "no_pkg", {}) == installed


def test_launch_file_that_is_not_there_is_named_with_those_that_are(prefixes):
    _, second, environment = prefixes
    second.add_launch_file("pkg", "go.launch.xml", "")
    with pytest.raises(LaunchError, match="launch file og.launch.xml is neither a path nor below .*, did you mean go.launch.xml"):
        find_launch_file("og.launch.xml", "pkg", environment)
    with pytest.raises(LaunchError, match="launch file some/og.launch.xml does not exist"):
        find_launch_file("some/og.launch.xml", "pkg", environment)


def test_launch_file_that_is_there_twice_is_not_guessed(prefixes):
    _, second, environment = prefixes
    second.add_launch_file("pkg", "go.launch.xml", "")
    twin = second.folder / "share/pkg/more/go.launch.xml"
    twin.parent.mkdir()
    twin.write_text("<launch/>")
    with pytest.raises(LaunchError, match="more than once, give the path"):
        find_launch_file("go.launch.xml", "pkg", environment)
