#include "tasks/csqa.h"

#include "tasks/file_task.h"

namespace noema {
namespace {

class CsqaTask final : public FileTask {
 public:
  std::string name() const override { return "csqa"; }
};

}  // namespace

std::unique_ptr<Task> make_csqa_task() { return std::make_unique<CsqaTask>(); }

}  // namespace noema
