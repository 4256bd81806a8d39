#include "base/digest.h"

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

std::string digest_of(nlohmann::json object) {
  object.erase(kDigestMember);
  return sha256(object.dump());
}

}  // namespace

void add_digest(nlohmann::json& object) { object[kDigestMember] = digest_of(object); }

void check_digest(const nlohmann::json& object, const std::string& where) {
  if (!object.is_object() || !object.contains(kDigestMember)) return;
  const auto expected = json_member<std::string>(object, kDigestMember, where);
  const std::string found = digest_of(object);
  if (found == expected) return;
  throw Error({where, "content of sha256 " + printable(expected, 64), found,
               std::string("it was changed or damaged: fetch or make it again, or remove the member \"") +
                   kDigestMember + "\" if you changed it"});
}

}  // namespace noema
