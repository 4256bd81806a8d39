#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/output_folder.h"
#include "inspect/records/layer_tap.h"
#include "inspect/records/recorder.h"

namespace noema {

/// What a dump holds beside texts and concepts.
struct DumpOptions {
  bool layers = false;         ///< "layers" [N,L,D]: every layer's output where a sentence was predicted
  bool attention = false;      ///< "attention" [N,L,H,K]: how that place looks back, zeros beyond a row's own context
  bool tokens = false;         ///< token ids of every sentence, in the text file
  std::string dtype = "fp32";  ///< of concepts, layers and attention: fp32, bf16 or fp16
};

nlohmann::json to_json(const DumpOptions& options);

/// Writes trajectories to a folder, shard by shard, so that a dump of any size runs in the memory of one shard, and
/// goes on where it was interrupted:
///
/// - dump.json: "schema": 2, "kind": "dump", the options, where it came from, the shards that are whole, each with the
///   number of its questions and digests of its tensors and lines, and a digest of dump.json itself;
/// - trajectories.safetensors, trajectories-00001.safetensors, …: "latents" [N,Z], "question" and "step" [N] int64,
///   which say whose latent each row is, and what the options ask for;
/// - trajectories.jsonl: a line a question, with the name of its shard.
///
/// docs/trajectory.schema.json describes the lines.
class DumpWriter {
 public:
  /// Begins a dump, or goes on with the one that is there, which no other process writes meanwhile. Throws Error when
  /// the folder holds one of other origin or options, a damaged one, or anything else, and when it cannot be written.
  DumpWriter(std::filesystem::path folder, const DumpOptions& options, const nlohmann::json& origin);

  /// Questions that are there already, by number.
  const std::set<std::size_t>& done() const { return done_; }

  /// Adds a shard. `tap`, if given, watched the run that gave the trajectories, in their order.
  void add(const std::vector<RecordedTrajectory>& trajectories, const LayerTap* tap = nullptr);

 private:
  void go_on(const nlohmann::json& begun);
  void write_manifest();

  std::filesystem::path folder_;
  DumpOptions options_;
  FolderLock lock_;
  nlohmann::json manifest_;
  std::set<std::size_t> done_;
};

/// What a dump was found to hold.
struct DumpSummary {
  std::size_t questions = 0, steps = 0, latents = 0, shards = 0;
};

/// Reads a dump and checks that its files are those that were written, and fit together: digests and counts, every line
/// and its types, every latent that a line names, finite numbers, no question twice. Throws Error naming the file and
/// line of the first mistake.
DumpSummary verify_dump(const std::filesystem::path& folder);

}  // namespace noema
