#pragma once

#include <coax/core/detail/toolchain.hpp>

namespace coax {

/// From now on `read_table` and `write_table`, and with them batches, take files of Apache Parquet (.parquet) and
/// Apache Arrow (.arrow, .feather of version 2, .ipc; .arrows is written as a stream, and streams are read whatever
/// they are called). The program `coax` has called it where it was built with them. From any thread; a second call does
/// nothing.
///
/// Read is what `read_arrow` understands; columns of other types are an error that names them. One batch of a file is
/// in memory at a time. Written are int64, double, bool, utf8, date32 and timestamps in UTC, as by `write_arrow`;
/// Parquet in Snappy, with Arrow's own schema beside. Such files have compression inside: .parquet.gz is none of them.
/// Needs the component `arrow` of coax: `find_package(coax COMPONENTS arrow)`, target `coax::arrow`, which was built
/// where version 20 or newer of Apache Arrow and its Parquet was found (COAX_WITH_ARROW).
void use_arrow_files() noexcept;

}  // namespace coax
