#include "tasks/documents.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "tasks/answer_text.h"

namespace noema {
namespace {

std::vector<std::filesystem::path> text_files(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw Error({path.string(), "a folder with .txt files", "none in it", "check the path"});
  return files;
}

/// Calls use(chapter) with the paragraphs of each chapter.
void for_each_chapter(std::string_view text, const DocumentOptions& options,
                      const std::function<void(const std::vector<std::string_view>&)>& use) {
  if (!options.lines_are_paragraphs) return use({text});  // the segmenter knows that an empty line ends a paragraph
  std::vector<std::string_view> chapter;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(text.substr(begin, end - begin));
    if (!line.empty()) chapter.push_back(line);
    begin = end + 1;
    if ((!line.empty() && begin <= text.size()) || chapter.empty()) continue;
    use(chapter);
    chapter.clear();
  }
}

class Cutter {
 public:
  Cutter(const DocumentOptions& options, const std::function<void(const Document&)>& take)
      : options_(options), take_(take), segmenter_(make_prose_segmenter(options.prose)) {}

  void cut_file(const std::filesystem::path& path) {
    const std::string text = read_file(path);
    need_utf8(text, path.string().c_str());
    ++counts_.files;
    for_each_chapter(text, options_, [&](const std::vector<std::string_view>& paragraphs) {
      std::vector<std::string> sentences;
      for (const std::string_view paragraph : paragraphs) {
        for (std::string& sentence : segmenter_->split(paragraph)) sentences.push_back(on_one_line(sentence));
      }
      cut_chapter(path.filename().string(), std::move(sentences));
    });
  }

  const DocumentCounts& counts() const { return counts_; }

 private:
  void cut_chapter(const std::string& title, std::vector<std::string> sentences) {
    ++counts_.chapters;
    const std::size_t count = sentences.size();
    if (count < 2) {
      ++counts_.left_out;
      return;
    }
    const std::size_t pieces = (count + options_.longest - 1) / options_.longest;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      const std::size_t begin = count * piece / pieces, end = count * (piece + 1) / pieces;
      const auto first = sentences.begin() + static_cast<std::ptrdiff_t>(begin);
      take_({title, {first, first + static_cast<std::ptrdiff_t>(end - begin)}});
      ++counts_.documents;
    }
    counts_.sentences += count;
  }

  const DocumentOptions& options_;
  const std::function<void(const Document&)>& take_;
  std::unique_ptr<Segmenter> segmenter_;
  DocumentCounts counts_;
};

}  // namespace

DocumentCounts cut_documents(const std::filesystem::path& path, const DocumentOptions& options,
                             const std::function<void(const Document&)>& take) {
  if (options.longest < 2) {
    throw Error({"documents", "at least 2 sentences in each", std::to_string(options.longest), "raise it"});
  }
  Cutter cutter(options, take);
  for (const std::filesystem::path& file : text_files(path)) cutter.cut_file(file);
  return cutter.counts();
}

}  // namespace noema
