from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir
from conan.tools.gnu import PkgConfigDeps
from conan.tools.scm import Version
import os
import re

required_conan_version = ">=2.0"


class CoaxConan(ConanFile):
    name = "coax"
    description = "Coroutines for calling language models"
    license = "BSL-1.0"
    topics = ("llm", "coroutines", "asio", "structured-output", "batch")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"

    # One to one the options of CMakeLists.txt that matter to a package: with_x is COAX_BUILD_X, of a library COAX_WITH_X.
    options = {
        "shared": [True, False],
        "fPIC": [True, False],
        "with_tests": [True, False],
        "with_bench": [True, False],
        "with_examples": [True, False],
        "with_sim": [True, False],
        "with_cli": [True, False],
        "with_fuzz": [True, False],
        "with_spdlog": [True, False],
        "with_yaml_cpp": [True, False],
        "with_sqlite": [True, False],
        "with_hiredis": [True, False],
        "with_nghttp2": [True, False],
        "with_zstd": [True, False],
        "pch": [True, False],
        "sanitize": ["", "address", "undefined", "thread", "address,undefined"],
    }
    default_options = {
        "shared": False,
        "fPIC": True,
        "with_tests": False,
        "with_bench": False,
        "with_examples": False,
        "with_sim": True,
        "with_cli": False,
        "with_fuzz": False,
        "with_spdlog": True,
        "with_yaml_cpp": True,
        "with_sqlite": True,
        "with_hiredis": True,
        "with_nghttp2": True,
        "with_zstd": True,
        "pch": False,
        "sanitize": "",
        "boost/*:without_json": False,
        "boost/*:without_url": False,
        "boost/*:without_container": False,
        "pcre2/*:build_pcre2_8": True,
    }

    exports_sources = ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*", "tests/*", "bench/*", "examples/*",
                       "scripts/*", "packaging/*", "test_package/*", "*.md", "docs/*")

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include/coax/version.hpp"))
        self.version = re.search(r'COAX_VERSION "(\S+)"', header).group(1)

    def configure(self):
        if self.options.shared:
            self.options.rm_safe("fPIC")

    def layout(self):
        cmake_layout(self)
        # Where the build leaves its libraries, for a package in editable mode.
        for part in ("coax", "sim"):
            self.cpp.source.components[part].includedirs = ["include"]
        self.cpp.build.components["coax"].libdirs = ["."]
        self.cpp.build.components["sim"].libdirs = ["src/sim"]

    def requirements(self):
        # Boost's headers are in coax's own (asio::awaitable); the others are not seen by users.
        self.requires("boost/[>=1.81 <1.91]", transitive_headers=True, transitive_libs=True)
        self.requires("openssl/[>=3 <4]")
        self.requires("pcre2/[>=10.42 <11]")
        self.requires("zlib/[>=1.2.13 <2]")
        if self.options.with_spdlog:
            self.requires("spdlog/[>=1.10 <2]")
        if self.options.with_yaml_cpp:
            self.requires("yaml-cpp/[>=0.7 <1]")
        if self.options.with_sqlite:
            self.requires("sqlite3/[>=3.40 <4]")
        if self.options.with_hiredis:
            self.requires("hiredis/[>=1.2 <2]")
        if self.options.with_nghttp2:
            self.requires("libnghttp2/[>=1.52 <2]")
        if self.options.with_zstd:
            self.requires("zstd/[>=1.5 <2]")
        # The program and the benchmarks have it compiled in: nobody who requires coax sees it.
        if self.options.with_cli:
            self.requires("cli11/[>=2.3 <3]", visible=False)
        if self.options.with_bench:
            self.requires("benchmark/[>=1.8 <2]", visible=False)

    def package_id(self):
        # What does not change the package.
        for option in ("with_tests", "with_bench", "with_examples", "with_fuzz", "pch"):
            delattr(self.info.options, option)

    def build_requirements(self):
        self.tool_requires("cmake/[>=3.25 <4]")
        self.tool_requires("pkgconf/[>=2.2 <3]")
        if self.options.with_tests:
            self.test_requires("gtest/[>=1.14 <2]")

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os == "Windows":
            raise ConanInvalidConfiguration("coax is not built for Windows yet: it needs POSIX files and processes")
        oldest = {"gcc": "13", "clang": "16"}
        compiler = str(self.settings.compiler)
        if compiler not in oldest:
            raise ConanInvalidConfiguration(f"coax is built with GCC and Clang, not with {compiler}")
        if Version(self.settings.compiler.version) < oldest[compiler]:
            raise ConanInvalidConfiguration("coax needs GCC 13+ or Clang 16+: older GCC destroys temporaries in co_await twice")
        if self.options.with_cli and not self.options.with_sim:
            raise ConanInvalidConfiguration("with_cli needs with_sim: the program can serve the simulator")
        if self.options.with_examples and not self.options.with_sim:
            raise ConanInvalidConfiguration("with_examples needs with_sim: the examples run against the simulator")
        for part in ("container", "json", "url"):
            if self.dependencies["boost"].options.get_safe(f"without_{part}"):
                raise ConanInvalidConfiguration(f"coax needs boost with without_{part}=False")
        if self.options.with_fuzz and compiler != "clang":
            raise ConanInvalidConfiguration("with_fuzz needs Clang")

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("tests", "bench", "examples", "sim", "cli", "fuzz"):
            toolchain.cache_variables[f"COAX_BUILD_{part.upper()}"] = bool(self.options.get_safe(f"with_{part}"))
        toolchain.cache_variables["COAX_WITH_SPDLOG"] = bool(self.options.with_spdlog)
        toolchain.cache_variables["COAX_WITH_YAML_CPP"] = bool(self.options.with_yaml_cpp)
        for library in ("sqlite", "hiredis", "nghttp2", "zstd"):
            toolchain.cache_variables[f"COAX_WITH_{library.upper()}"] = bool(self.options.get_safe(f"with_{library}"))
        toolchain.cache_variables["COAX_INSTALL"] = True
        toolchain.cache_variables["COAX_PCH"] = bool(self.options.pch)
        toolchain.cache_variables["COAX_SANITIZE"] = str(self.options.sanitize)
        toolchain.generate()
        CMakeDeps(self).generate()
        PkgConfigDeps(self).generate()  # PCRE2 is found by its pkg-config file, as on Debian

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()
        if self.options.with_tests and not self.conf.get("tools.build:skip_test", default=False, check_type=bool):
            cmake.test()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        # CMakeDeps and PkgConfigDeps make their own from package_info().
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))
        rmdir(self, os.path.join(self.package_folder, "share"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "coax")
        # All components at once; coax::coax is the library alone.
        self.cpp_info.set_property("cmake_target_name", "coax::all")
        self.cpp_info.set_property("pkg_config_name", "coax_all")

        core = self.cpp_info.components["coax"]
        core.set_property("cmake_target_name", "coax::coax")
        core.set_property("pkg_config_name", "coax")
        core.libs = ["coax"]
        core.defines = ["BOOST_ASIO_NO_DEPRECATED"]
        core.requires = ["boost::headers", "boost::json", "boost::url", "openssl::ssl", "openssl::crypto", "pcre2::pcre2-8", "zlib::zlib"]
        if self.options.with_spdlog:
            core.requires.append("spdlog::spdlog")
        if self.options.with_yaml_cpp:
            core.requires.append("yaml-cpp::yaml-cpp")
        if self.options.with_sqlite:
            core.requires.append("sqlite3::sqlite3")
        if self.options.with_hiredis:
            core.requires.append("hiredis::hiredis")
        if self.options.with_nghttp2:
            core.requires.append("libnghttp2::nghttp2")
        if self.options.with_zstd:
            core.requires.append("zstd::zstd")
        if self.settings.os in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]

        # Headers alone, for programs that have opentelemetry-cpp: these require that themselves.
        otel = self.cpp_info.components["otel"]
        otel.set_property("cmake_target_name", "coax::otel")
        otel.libs = []
        otel.requires = ["coax"]

        if self.options.with_sim:
            sim = self.cpp_info.components["sim"]
            sim.set_property("cmake_target_name", "coax::sim")
            sim.set_property("pkg_config_name", "coax_sim")
            sim.libs = ["coax_sim"]
            sim.requires = ["coax", "boost::json", "openssl::ssl", "openssl::crypto"]
