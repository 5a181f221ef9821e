#pragma once

#include <memory>
#include <string_view>

namespace coax::json::testing {

/// Valijson, which shares nothing with coax. It knows draft 7, so that `prefixItems` is shown to it under its older
/// name.
class independent_validator {
public:
    explicit independent_validator(std::string_view schema);
    ~independent_validator();

    [[nodiscard]] bool accepts(std::string_view text) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace coax::json::testing
