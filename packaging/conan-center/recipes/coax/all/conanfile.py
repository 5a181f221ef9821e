from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, get, rmdir
from conan.tools.gnu import PkgConfigDeps
from conan.tools.scm import Version
import os

required_conan_version = ">=2.0.9"


class CoaxConan(ConanFile):
    name = "coax"
    description = "Coroutines for calling language models: structured answers, streams, tools and batches, on Boost.Asio"
    license = "BSL-1.0"
    url = "https://github.com/conan-io/conan-center-index"
    homepage = "https://example.invalid/coax"
    topics = ("llm", "coroutines", "asio", "structured-output", "batch")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "shared": [True, False],
        "fPIC": [True, False],
        "with_sim": [True, False],
        "with_cli": [True, False],
        "with_spdlog": [True, False],
        "with_yaml_cpp": [True, False],
        "with_sqlite": [True, False],
        "with_hiredis": [True, False],
        "with_nghttp2": [True, False],
        "with_zstd": [True, False],
    }
    default_options = {
        "shared": False,
        "fPIC": True,
        "with_sim": True,
        "with_cli": False,
        "with_spdlog": True,
        "with_yaml_cpp": True,
        "with_sqlite": True,
        "with_hiredis": True,
        "with_nghttp2": True,
        "with_zstd": True,
    }
    implements = ["auto_shared_fpic"]

    def layout(self):
        cmake_layout(self, src_folder="src")

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
        if self.options.with_cli:
            self.requires("cli11/[>=2.3 <3]", visible=False)

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os == "Windows":
            raise ConanInvalidConfiguration(f"{self.ref} needs POSIX files and processes: it is not built for Windows")
        oldest = {"gcc": "13", "clang": "16"}.get(str(self.settings.compiler))
        if oldest is None or Version(self.settings.compiler.version) < oldest:
            raise ConanInvalidConfiguration(f"{self.ref} needs GCC 13 or Clang 16: what is older destroys temporaries in co_await twice")
        if self.options.with_cli and not self.options.with_sim:
            raise ConanInvalidConfiguration("with_cli needs with_sim: the program can serve the simulator")
        for part in ("container", "json", "url"):
            if self.dependencies["boost"].options.get_safe(f"without_{part}"):
                raise ConanInvalidConfiguration(f"{self.ref} needs boost with without_{part}=False")

    def build_requirements(self):
        self.tool_requires("cmake/[>=3.25 <5]")
        if not self.conf.get("tools.gnu:pkg_config", check_type=str):
            self.tool_requires("pkgconf/[>=2.2 <3]")

    def source(self):
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "BENCH", "EXAMPLES", "FUZZ"):
            toolchain.cache_variables[f"COAX_BUILD_{part}"] = False
        toolchain.cache_variables["COAX_BUILD_SIM"] = bool(self.options.with_sim)
        toolchain.cache_variables["COAX_BUILD_CLI"] = bool(self.options.with_cli)
        for library in ("spdlog", "yaml_cpp", "sqlite", "hiredis", "nghttp2", "zstd"):
            toolchain.cache_variables[f"COAX_WITH_{library.upper()}"] = bool(self.options.get_safe(f"with_{library}"))
        toolchain.cache_variables["COAX_INSTALL"] = True
        toolchain.generate()
        CMakeDeps(self).generate()
        PkgConfigDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
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
        core.requires = ["boost::headers", "boost::json", "boost::url", "openssl::ssl", "openssl::crypto",
                         "pcre2::pcre2-8", "zlib::zlib"]
        for option, requirement in (("spdlog", "spdlog::spdlog"), ("yaml_cpp", "yaml-cpp::yaml-cpp"), ("sqlite", "sqlite3::sqlite3"),
                                    ("hiredis", "hiredis::hiredis"),
                                    ("nghttp2", "libnghttp2::nghttp2"), ("zstd", "zstd::zstd")):
            if self.options.get_safe(f"with_{option}"):
                core.requires.append(requirement)
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
