"""As much of Conan 2 as the recipes use, so that they can be run where Conan is not: it records what they ask for, and builds nothing."""
import sys
import types


class ConanInvalidConfiguration(Exception):
    pass


class Version:
    def __init__(self, text):
        self.parts = [int(part) for part in str(text).split(".")]

    def __lt__(self, other):
        return self.parts < Version(other).parts


class Setting(str):
    """A value with settings of its own below it."""


class Options:
    def __init__(self, values):
        self.__dict__.update(values)

    def get_safe(self, name, default=None):
        return self.__dict__.get(name, default)

    def rm_safe(self, name):
        self.__dict__.pop(name, None)


class Component:
    def __init__(self):
        self.properties, self.libs, self.requires, self.includedirs, self.libdirs = {}, [], [], ["include"], ["lib"]
        self.components = Components()

    def set_property(self, name, value):
        self.properties[name] = value


class Components(dict):
    def __missing__(self, name):
        self[name] = Component()
        return self[name]


class Conf:
    def get(self, name, default=None, check_type=None):
        return default


class ConanFile:
    ref = "coax/0"
    conf = Conf()
    recipe_folder = source_folder = package_folder = "."

    def requires(self, reference, **traits):
        self.required.append((reference, traits))

    def tool_requires(self, reference):
        self.tools.append(reference)

    test_requires = tool_requires


class CMakeToolchain:
    def __init__(self, recipe):
        self.cache_variables = recipe.cache_variables

    def generate(self):
        pass


class Generator:
    def __init__(self, recipe):
        pass

    def generate(self):
        pass


def check_min_cppstd(recipe, oldest):
    if int(str(recipe.settings.compiler.cppstd).removeprefix("gnu")) < oldest:
        raise ConanInvalidConfiguration(f"C++{oldest} is needed")


def nothing(*arguments, **named):
    return None


def install():
    """Makes `import conan` find this."""
    modules = {
        "conan": {"ConanFile": ConanFile},
        "conan.errors": {"ConanInvalidConfiguration": ConanInvalidConfiguration},
        "conan.tools": {},
        "conan.tools.build": {"check_min_cppstd": check_min_cppstd, "can_run": nothing},
        "conan.tools.cmake": {"CMake": Generator, "CMakeDeps": Generator, "CMakeToolchain": CMakeToolchain, "cmake_layout": nothing},
        "conan.tools.files": {"copy": nothing, "get": nothing, "load": lambda recipe, path: open(path).read(), "rmdir": nothing},
        "conan.tools.gnu": {"PkgConfigDeps": Generator},
        "conan.tools.scm": {"Version": Version},
    }
    for name, members in modules.items():
        module = types.ModuleType(name)
        module.__dict__.update(members)
        sys.modules[name] = module


def settings(os="Linux", compiler="clang", version="19", cppstd="20"):
    chosen = Setting(compiler)
    chosen.version, chosen.cppstd = version, cppstd
    return types.SimpleNamespace(os=os, arch="x86_64", build_type="Release", compiler=chosen)


def made(recipe_class, folder, options={}, boost={}, **of_settings):
    """A recipe as Conan would have it before it validates."""
    recipe = recipe_class()
    recipe.recipe_folder = str(folder)
    recipe.required, recipe.tools, recipe.cache_variables = [], [], {}
    recipe.settings = settings(**of_settings)
    defaults = {name: value for name, value in recipe_class.default_options.items() if "/" not in name}
    recipe.options = Options(defaults | options)
    recipe.dependencies = {"boost": types.SimpleNamespace(options=Options(boost))}
    recipe.info = types.SimpleNamespace(options=Options(defaults | options))
    recipe.cpp_info = Component()
    recipe.cpp = types.SimpleNamespace(source=Component(), build=Component())
    return recipe
