#include "base/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/descriptor.h"
#include "base/error.h"

namespace noema {
namespace {

Error unwritable(const std::filesystem::path& path, int error) {
  return Error({path.string(), "a file that can be written", std::strerror(error),
                error == ENOSPC ? "free some disk space" : "check the path and its permissions"});
}

void write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), std::min<std::size_t>(content.size(), 1 << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// The digest under construction of one text after another.
class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4];
      text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

/// Calls use(bytes) for one piece of the file after another.
template <typename Use>
void read_pieces(const std::filesystem::path& path, const Use& use) {
  const Descriptor file = open_for_reading(path, "a readable file", Links::follow);
  std::string buffer(1 << 20, '\0');
  while (true) {
    const ssize_t got = ::read(file.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error({path.string(), "a readable file", std::strerror(errno), ""});
    if (got == 0) return;
    use(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
}

std::string line_of(std::string_view text, std::size_t offset) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  return std::to_string(1 + std::count(text.begin(), end, '\n'));
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  std::string content;
  read_pieces(path, [&](std::string_view piece) {
    if (content.size() + piece.size() > max_bytes) {
      throw Error({path.string(), "at most " + std::to_string(max_bytes) + " bytes", "more", "choose another file"});
    }
    content += piece;
  });
  return content;
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  const std::filesystem::path temporary = path.string() + "." + std::to_string(::getpid()) + ".tmp";
  try {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.is_open()) throw errno;
    write_all(file.number(), content);
    if (::fsync(file.number()) != 0) throw errno;
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw errno;
  } catch (int error) {
    ::unlink(temporary.c_str());
    throw unwritable(path, error);
  }
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.is_open()) ::fsync(parent.number());
}

void append_file(const std::filesystem::path& path, std::string_view content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644));
  const off_t before = file.is_open() ? ::lseek(file.number(), 0, SEEK_END) : -1;
  if (before < 0) throw unwritable(path, errno);
  try {
    write_all(file.number(), content);
    if (::fsync(file.number()) != 0) throw errno;
  } catch (int error) {
    if (::ftruncate(file.number(), before) != 0) throw unwritable(path, errno);
    throw unwritable(path, error);
  }
}

std::string sha256(std::string_view content) {
  Sha256 digest;
  digest.add(content);
  return digest.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  Sha256 digest;
  read_pieces(path, [&](std::string_view piece) { digest.add(piece); });
  return digest.hex();
}

nlohmann::json parse_json(std::string_view text, const std::string& where) {
  // Copying and printing a value recurse, so that a text of a million brackets would overflow the stack.
  const auto check_depth = [&where](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > 200) throw Error({where, "JSON nested at most 200 deep", "deeper nesting", "correct the file"});
    return true;
  };
  try {
    return nlohmann::json::parse(text, check_depth);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t offset = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
    const std::size_t begin = offset - std::min<std::size_t>(offset, 10);
    throw Error({where + ", line " + line_of(text, offset), "JSON",
                 "a mistake near \"" + printable(text.substr(begin, 20)) + "\"", "correct the file"});
  } catch (const nlohmann::json::exception& error) {
    throw Error({where, "JSON", printable(error.what(), 100), "correct the file"});
  }
}

nlohmann::json read_json(const std::filesystem::path& path) { return parse_json(read_file(path), path.string()); }

}  // namespace noema
