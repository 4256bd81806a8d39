#pragma once

#include <filesystem>
#include <string>

namespace noema {

/// The folder of the files that the standard outputs of ranks go to.
constexpr const char* kPartsVariable = "NOEMA_PARTS";

/// Runs this command line again as so many ranks on this machine, and waits for them. Each gets its share of the cores,
/// unless OMP_NUM_THREADS says otherwise. With a folder, what each writes to standard output goes to a file there.
/// Throws Error for more ranks than cores, and when one of them fails: the others end by themselves then, or are ended.
void launch_ranks(int ranks, const std::filesystem::path& outputs = {});

/// The file that a rank's standard output goes to.
std::filesystem::path output_of(const std::filesystem::path& outputs, int rank);

/// A folder that lives as long as this does.
class TemporaryOutputs {
 public:
  TemporaryOutputs();
  TemporaryOutputs(const TemporaryOutputs&) = delete;
  TemporaryOutputs& operator=(const TemporaryOutputs&) = delete;
  ~TemporaryOutputs();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace noema
