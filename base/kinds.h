#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fields.h"
#include "base/nearest.h"

namespace noema {

/// One kind of a thing that there are several kinds of: what it is called, and the options that it alone has. An
/// interface derives from it and adds how such a thing is made; each kind derives from KindOf<itself, interface>.
class Kind {
 public:
  virtual ~Kind() = default;
  virtual std::string name() const = 0;     ///< in recipes and bundles
  virtual std::string summary() const = 0;  ///< a sentence for the pages

  /// Its options: those of Purpose::model shape what is made, and are stored with it.
  virtual void fields(Fields&) {}
};

/// Copies a kind with its options.
template <typename Self, typename Interface>
class KindOf : public Interface {
 public:
  std::unique_ptr<Interface> clone() const final { return std::make_unique<Self>(static_cast<const Self&>(*this)); }
};

/// The kinds of a thing, in their order.
template <typename Interface>
class KindList {
 public:
  KindList& add(std::unique_ptr<const Interface> kind) {
    kinds_.push_back(std::move(kind));
    return *this;
  }

  /// Null: there is no such kind.
  const Interface* find(std::string_view name) const {
    for (const auto& kind : kinds_) {
      if (kind->name() == name) return kind.get();
    }
    return nullptr;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& kind : kinds_) all.push_back(kind->name());
    return all;
  }

  auto begin() const { return kinds_.begin(); }
  auto end() const { return kinds_.end(); }

 private:
  std::vector<std::shared_ptr<const Interface>> kinds_;
};

/// A kind that was chosen out of a list, with its options; a copy has options of its own.
template <typename Interface>
class Choice {
 public:
  /// Throws Error, with the nearest name, for one that is not in the list.
  Choice(KindList<Interface> kinds, const std::string& name) : kinds_(std::move(kinds)) {
    if (choose(name)) return;
    const auto meant = nearest(name, kinds_.names());
    throw Error({"kind", one_of(kinds_.names()), printable(name), meant ? "did you mean \"" + *meant + "\"?" : ""});
  }
  Choice(const Choice& other) : kinds_(other.kinds_), kind_(other.kind_->clone()) {}
  Choice& operator=(const Choice& other) {
    kinds_ = other.kinds_;
    kind_ = other.kind_->clone();
    return *this;
  }

  /// Takes the kind of this name, with its defaults; false, and nothing is changed, if there is none.
  bool choose(const std::string& name) {
    const Interface* kind = kinds_.find(name);
    if (kind) kind_ = kind->clone();
    return kind != nullptr;
  }

  const KindList<Interface>& kinds() const { return kinds_; }
  Interface& operator*() { return *kind_; }
  Interface* operator->() { return kind_.get(); }
  const Interface& operator*() const { return *kind_; }
  const Interface* operator->() const { return kind_.get(); }

 private:
  KindList<Interface> kinds_;
  std::unique_ptr<Interface> kind_;
};

/// A member that is one of several kinds, followed by the options of the one that is chosen.
template <typename Interface>
Field& add_choice(Fields& fields, std::string name, Choice<Interface>& member, std::string effect) {
  const std::vector<std::string> names = member.kinds().names();
  const auto get = [&member] { return nlohmann::json(member->name()); };
  const auto set = [&member](const nlohmann::json& json) {
    return json.is_string() && member.choose(json.get<std::string>());
  };
  const auto then = [&member](Fields& all) { member->fields(all); };
  return fields.add({std::move(name), one_of(names), std::move(effect), get, set, then, names});
}

}  // namespace noema
