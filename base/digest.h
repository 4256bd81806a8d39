#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace noema {

/// The member of a JSON object that is the SHA-256 of all that it says besides, however it is laid out.
inline constexpr const char* kDigestMember = "sha256";

/// Adds that member, or makes it anew.
void add_digest(nlohmann::json& object);

/// Throws Error, naming `where`, when the object has that member and says something else.
void check_digest(const nlohmann::json& object, const std::string& where);

}  // namespace noema
