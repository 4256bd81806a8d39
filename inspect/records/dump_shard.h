#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"

namespace noema {

inline constexpr int kDumpSchema = 2;
inline constexpr const char *kDumpManifest = "dump.json", *kDumpLines = "trajectories.jsonl";

/// A shard that is whole, as dump.json lists it.
struct DumpShard {
  std::string file, sha256;
  std::int64_t questions = 0;
  std::int64_t bytes = 0;    ///< of its lines
  std::string lines_sha256;  ///< of these bytes

  void fields(Fields& fields);
};

/// The shards of a dump.json; nothing for one of schema 1, which lists none. `where` names it in messages. Throws Error
/// when it is of another version or damaged.
std::optional<std::vector<DumpShard>> dump_shards(const nlohmann::json& manifest, const std::string& where);

/// The lines of each shard, from the start of trajectories.jsonl, which `where` names. There may be more after them.
/// Throws Error when they are not those that were written.
std::vector<std::string_view> lines_of(const std::vector<DumpShard>& shards, std::string_view content,
                                       const std::string& where);

/// The name of a shard by its number.
std::string shard_name(std::size_t number);

/// Calls use(line, number) for each line, without its end, by its number from `first` on.
template <typename Use>
void each_line(std::string_view lines, std::size_t first, const Use& use) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    use(lines.substr(0, end), first++);
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

}  // namespace noema
