#include "table/internal/byte_codec.hpp"

namespace coax::table::detail {

namespace {

error no_zstd() {
    return invalid_argument({},
                            "coax was built without libzstd (COAX_WITH_ZSTD): compress with gzip, or decompress it "
                            "first with \"zstd -d\"");
}

}  // namespace

result<std::unique_ptr<byte_decoder>> make_zstd_decoder() { return no_zstd(); }

result<std::unique_ptr<byte_encoder>> make_zstd_encoder() { return no_zstd(); }

}  // namespace coax::table::detail
