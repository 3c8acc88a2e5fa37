from setuptools import setup

PACKAGE = "tf2_ros_py"

setup(
    name=PACKAGE,
    version="0.1.0",
    license="Apache-2.0",
    packages=["tf2_ros"],
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
)
