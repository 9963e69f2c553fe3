"""Makes the wheel and the source archive (PEP 517 and 660) with the standard library alone."""
import ast
import base64
import hashlib
import io
import os
import re
import tarfile
import zipfile

_HERE = os.path.dirname(os.path.abspath(__file__))
_PACKAGES = ("tocsin", "sra_sdk")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same sources make the same bytes


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    files = {name: _read(name) for name in _sources() if name.split("/")[0] in _PACKAGES}
    return _wheel(wheel_directory, files)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {"__editable__.tocsin.pth": (_HERE + "\n").encode()})


def build_sdist(sdist_directory, config_settings=None):
    base = "tocsin-" + _project()["version"]
    with tarfile.open(os.path.join(sdist_directory, base + ".tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, data in [(name, _read(name)) for name in _sources()] + [("PKG-INFO", _metadata())]:
            info = tarfile.TarInfo(base + "/" + name)
            info.size, info.mode = len(data), 0o644
            archive.addfile(info, io.BytesIO(data))
    return base + ".tar.gz"


def _wheel(directory, files):
    base = "tocsin-%s" % _project()["version"]
    info = base + ".dist-info/"
    files = dict(files)
    files[info + "METADATA"] = _metadata()
    files[info + "WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tocsin\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join("%s,sha256=%s,%d\n" % (name, _digest(data), len(data)) for name, data in files.items())
    files[info + "RECORD"] = (record + info + "RECORD,,\n").encode()
    name = base + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            wheel.writestr(entry, data)
    return name


def _metadata():
    project = _project()
    lines = [
        "Metadata-Version: 2.1",
        "Name: " + project["name"],
        "Version: " + project["version"],
        "Summary: " + project["description"],
        "Author: " + ", ".join(author["name"] for author in project["authors"]),
        "License: " + project["license"],
        "Keywords: " + ",".join(project["keywords"]),
        "Requires-Python: " + project["requires-python"],
        "Description-Content-Type: text/markdown",
    ]
    lines += ["Classifier: " + classifier for classifier in project["classifiers"]]
    for extra, needs in project["optional-dependencies"].items():
        lines += ["Provides-Extra: " + extra] + ["Requires-Dist: %s; extra == '%s'" % (need, extra) for need in needs]
    return ("\n".join(lines) + "\n\n").encode() + _read(project["readme"])


def _project():
    """What stands under [project]. Python reads TOML only since 3.11, but texts and lists on one line are Python's too."""
    found, section = {"optional-dependencies": {}}, ""
    for line in _read("pyproject.toml").decode().splitlines():
        heading, pair = re.match(r"\[(.+)\]$", line), re.match(r"([\w-]+) = (.+)$", line)
        if heading:
            section = heading.group(1)
        elif pair and section in ("project", "project.optional-dependencies"):
            into = found if section == "project" else found["optional-dependencies"]
            into[pair.group(1)] = ast.literal_eval(pair.group(2).replace('{name = ', '{"name": '))
    return found


def _sources():
    names = ["pyproject.toml", "build_backend.py", "README.md"]
    for package in _PACKAGES + ("tests",):
        names += sorted("%s/%s" % (package, name) for name in os.listdir(os.path.join(_HERE, package)) if name.endswith((".py", ".typed")))
    return names


def _read(name):
    with open(os.path.join(_HERE, *name.split("/")), "rb") as file:
        return file.read()


def _digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
