#include "inspect/records/dump_shard.h"

#include <cstdio>

#include "base/digest.h"
#include "inspect/records/members.h"

namespace noema {

void DumpShard::fields(Fields& fields) {
  fields.add("file", file, "of its tensors");
  fields.add("sha256", sha256, "of that file");
  fields.add("questions", questions, {1}, "that it has lines of");
  fields.add("bytes", bytes, {1}, "of these lines");
  fields.add("lines_sha256", lines_sha256, "of these bytes");
}

std::optional<std::vector<DumpShard>> dump_shards(const nlohmann::json& manifest, const std::string& where) {
  number_member(manifest, "schema", where, 1, kDumpSchema);
  if (manifest.at("schema") == 1) {
    need_only_members(manifest, {"schema", "kind", "options", "run"}, where);
    return std::nullopt;
  }
  need_only_members(manifest, {"schema", "kind", "options", "run", "shards", kDigestMember}, where);
  json_member<std::string>(manifest, kDigestMember, where);
  check_digest(manifest, where);
  std::vector<DumpShard> shards;
  for (const nlohmann::json& entry : array_member(manifest, "shards", where, 0, 1 << 24)) {
    shards.push_back(from_json<DumpShard>(entry, where + ": shards"));
  }
  return shards;
}

std::vector<std::string_view> lines_of(const std::vector<DumpShard>& shards, std::string_view content,
                                       const std::string& where) {
  std::vector<std::string_view> lines;
  for (const DumpShard& shard : shards) {
    const std::string_view its = content.substr(0, static_cast<std::size_t>(shard.bytes));
    if (sha256(its) != shard.lines_sha256) {
      throw Error({where, "the lines of " + printable(shard.file, 80) + " as they were written", "others",
                   "the dump is damaged: dump again"});
    }
    lines.push_back(its);
    content.remove_prefix(its.size());
  }
  return lines;
}

std::string shard_name(std::size_t number) {
  if (number == 0) return "trajectories.safetensors";
  char name[48];
  std::snprintf(name, sizeof name, "trajectories-%05zu.safetensors", number);
  return name;
}

}  // namespace noema
