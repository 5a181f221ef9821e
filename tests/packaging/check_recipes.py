#!/usr/bin/env python3
"""Runs the recipes for Conan against a double of it, and holds the port for vcpkg against CMakeLists.txt.

What they ask for and refuse, that each switch they set exists, and that versions and names are the same everywhere.
Usage: check_recipes.py [ROOT]
"""
import importlib.util
import json
import re
import sys
from pathlib import Path

import conan_double
from conan_double import made

wrong = []


def expect(holds, words):
    if not holds:
        wrong.append(words)


def recipe_of(path):
    spec = importlib.util.spec_from_file_location(f"recipe_{abs(hash(path))}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [value for value in vars(module).values()
           if isinstance(value, type) and issubclass(value, conan_double.ConanFile) and value is not conan_double.ConanFile]
    return own[0]


def refused(name, recipe, words):
    try:
        recipe.validate()
    except conan_double.ConanInvalidConfiguration as why:
        expect(re.search(words, str(why)), f"{name}: refuses with '{why}', which does not say '{words}'")
        return
    wrong.append(f"{name}: is not refused for '{words}'")


def check_validation(name, recipe, folder):
    for accepted in ({}, {"compiler": "gcc", "version": "13"}, {"compiler": "clang", "version": "16"}):
        made(recipe, folder, **accepted).validate()
    refused(name, made(recipe, folder, os="Windows"), "Windows")
    refused(name, made(recipe, folder, compiler="gcc", version="12"), "GCC 13")
    refused(name, made(recipe, folder, compiler="clang", version="15"), "Clang 16")
    refused(name, made(recipe, folder, compiler="msvc", version="194"), "GCC|Clang")
    refused(name, made(recipe, folder, cppstd="17"), r"C\+\+20")
    refused(name, made(recipe, folder, {"with_cli": True, "with_sim": False}), "with_sim")
    refused(name, made(recipe, folder, boost={"without_json": True}), "without_json")


def requirements_of(recipe, folder, options={}):
    asked = made(recipe, folder, options)
    asked.requirements()
    return dict(asked.required)


def check_requirements(name, recipe, folder):
    asked = requirements_of(recipe, folder)
    for reference in asked:
        expect(re.fullmatch(r"[\w-]+/\[>=[\d.]+ <[\d.]+\]", reference), f"{name}: {reference} is no range of versions")
    with_program = requirements_of(recipe, folder, {"with_cli": True})
    for reference in set(with_program) - set(asked):
        expect(with_program[reference].get("visible") is False, f"{name}: {reference} of the program is seen by consumers")
    tools = made(recipe, folder)
    tools.build_requirements()
    expect(any(tool.startswith("cmake/[>=3.25") for tool in tools.tools), f"{name}: builds with any CMake")


def check_switches(name, recipe, folder, switches):
    built = made(recipe, folder, {"with_cli": True})
    built.generate()
    unknown = set(built.cache_variables) - switches
    expect(not unknown, f"{name}: CMakeLists.txt has no {', '.join(sorted(unknown))}")
    expect(built.cache_variables.get("COAX_INSTALL") is True, f"{name}: does not install")
    for option in built.options.__dict__:
        switch = option.removeprefix("with_").upper()
        if option.startswith("with_"):
            expect({f"COAX_BUILD_{switch}", f"COAX_WITH_{switch}"} & set(built.cache_variables), f"{name}: {option} changes nothing")


def check_names(name, recipe, folder):
    built = made(recipe, folder)
    built.package_info()
    targets = [built.cpp_info.properties["cmake_target_name"]]
    targets += [part.properties["cmake_target_name"] for part in built.cpp_info.components.values()]
    expect(len(targets) == len(set(targets)), f"{name}: two parts are called alike: {targets}")
    expect(built.cpp_info.components["coax"].properties["cmake_target_name"] == "coax::coax", f"{name}: coax::coax is not the library")
    for part in built.cpp_info.components.values():
        expect(part.properties["cmake_target_name"] not in part.requires, f"{name}: a target links itself")
    asked = {reference.split("/")[0] for reference in requirements_of(recipe, folder)}
    used = {one.split("::")[0] for part in built.cpp_info.components.values() for one in part.requires if "::" in one}
    expect(asked == used, f"{name}: required and not linked, or the other way round: {asked ^ used}")


def check_ids(name, recipe, folder):
    """Options that do not change the library do not change the package."""
    if not hasattr(recipe, "package_id"):
        return
    identity = made(recipe, folder)
    identity.package_id()
    counted = set(identity.info.options.__dict__)
    for option in ("with_tests", "with_bench", "with_examples", "with_fuzz", "pch"):
        expect(option not in counted, f"{name}: {option} gives another package id")
    for option in ("shared", "with_sim", "with_cli", "with_spdlog"):
        expect(option in counted, f"{name}: {option} gives the same package id")


def check_editable(recipe, folder):
    built = made(recipe, folder)
    built.layout()
    built.package_info()
    placed = set(built.cpp.build.components)
    with_libraries = {name for name, part in built.cpp_info.components.items() if part.libs}
    expect(placed == with_libraries, f"conanfile.py: in editable mode no place is given for {with_libraries ^ placed}")


def check_port(root, version, switches):
    port = root / "packaging/vcpkg/ports/coax"
    manifest = json.loads((port / "vcpkg.json").read_text())
    portfile = (port / "portfile.cmake").read_text()
    expect(manifest["version-semver"] == version, f"vcpkg.json: is of version {manifest['version-semver']}, coax of {version}")
    features = dict(re.findall(r"^        (\w+) +(COAX_\w+)$", portfile, re.MULTILINE))
    expect(set(features) == set(manifest["features"]), f"vcpkg.json and portfile.cmake differ: {set(features) ^ set(manifest['features'])}")
    unknown = set(re.findall(r"COAX_\w+", portfile)) - switches
    expect(not unknown, f"portfile.cmake: CMakeLists.txt has no {', '.join(sorted(unknown))}")
    expect(set(manifest["default-features"]) <= set(manifest["features"]), "vcpkg.json: a default feature is none")


def main():
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    conan_double.install()
    cmake = (root / "CMakeLists.txt").read_text()
    switches = set(re.findall(r"^(?:option|set)\((COAX_\w+)", cmake, re.MULTILINE))
    version = re.search(r'COAX_VERSION "(\S+)"', (root / "include/coax/version.hpp").read_text()).group(1)

    index = root / "packaging/conan-center/recipes/coax"
    for name, folder in (("conanfile.py", root), ("conan-center", index / "all")):
        recipe = recipe_of(folder / "conanfile.py")
        check_validation(name, recipe, folder)
        check_requirements(name, recipe, folder)
        check_switches(name, recipe, folder, switches)
        check_names(name, recipe, folder)
        check_ids(name, recipe, folder)
        recipe_of(folder / "test_package/conanfile.py")
    own, of_index = recipe_of(root / "conanfile.py"), recipe_of(index / "all/conanfile.py")
    check_editable(own, root)
    versioned = made(own, root)
    versioned.set_version()
    expect(versioned.version == version, f"conanfile.py: is of version {versioned.version}, coax of {version}")
    expect(requirements_of(own, root) == requirements_of(of_index, index / "all"), "the two recipes for Conan require different things")
    expect(not {"with_tests", "with_bench", "with_examples", "with_fuzz", "sanitize"} & set(of_index.options),
           "conan-center: has options that only the project itself uses")
    for data in (index / "config.yml", index / "all/conandata.yml"):
        expect(f'"{version}":' in data.read_text(), f"{data.name}: does not have version {version}")
    check_port(root, version, switches)

    print("\n".join(wrong) or "recipes: two for Conan and a port for vcpkg ask for what there is")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
