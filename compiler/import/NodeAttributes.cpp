// NodeView's access to attributes. The type tag must be the expected one: which field holds the value follows from it.
#include "compiler/import/NodeView.h"

using onnx::AttributeProto;

namespace resnetc {

static std::string tagName(int type) {
  return onnx::AttributeProto_AttributeType_IsValid(type)
             ? onnx::AttributeProto_AttributeType_Name(static_cast<onnx::AttributeProto_AttributeType>(type))
             : "unknown tag " + std::to_string(type);
}

// Null when it is absent or wrong.
const AttributeProto *NodeView::attribute(const char *name, int type) {
  const AttributeProto *found = nullptr;
  for (const AttributeProto &a : node.attribute()) {
    if (a.name() != name)
      continue;
    if (found)
      error("R056", llvm::Twine("attribute '") + name + "' occurs twice");
    found = &a;
  }
  if (found && found->type() != type) {
    error("R056", llvm::Twine("attribute '") + name + "' must be " + tagName(type) + ", got " + tagName(found->type()));
    return nullptr;
  }
  if (found && found->has_ref_attr_name()) {
    error("R056", llvm::Twine("attribute '") + name + "' refers to an attribute of a function, but is not in one");
    return nullptr;
  }
  return found;
}

bool NodeView::hasAttribute(const char *name) {
  return llvm::any_of(node.attribute(), [&](const AttributeProto &a) { return a.name() == name; });
}

int64_t NodeView::getInt(const char *name, int64_t otherwise) {
  const AttributeProto *a = attribute(name, AttributeProto::INT);
  return a ? a->i() : otherwise;
}

bool NodeView::getFlag(const char *name, bool otherwise, const char *code) {
  const int64_t value = getInt(name, otherwise);
  if (value != 0 && value != 1)
    error(code, llvm::Twine(name) + " must be 0 or 1, got " + llvm::Twine(value));
  return value == 1;
}

double NodeView::getFloat(const char *name, double otherwise) {
  const AttributeProto *a = attribute(name, AttributeProto::FLOAT);
  if (a && !(a->f() - a->f() == 0)) // neither NaN nor infinite
    error("R058", llvm::Twine("attribute '") + name + "' is not a finite number");
  return a && !failed() ? a->f() : otherwise;
}

std::string NodeView::getString(const char *name, const char *otherwise) {
  const AttributeProto *a = attribute(name, AttributeProto::STRING);
  return a ? a->s() : otherwise;
}

std::optional<Shape> NodeView::getInts(const char *name) {
  const AttributeProto *a = attribute(name, AttributeProto::INTS);
  return a ? std::optional<Shape>(Shape(a->ints().begin(), a->ints().end())) : std::nullopt;
}

std::optional<std::vector<float>> NodeView::getFloats(const char *name) {
  const AttributeProto *a = attribute(name, AttributeProto::FLOATS);
  return a ? std::optional<std::vector<float>>({a->floats().begin(), a->floats().end()}) : std::nullopt;
}

const onnx::TensorProto *NodeView::getTensor(const char *name) {
  const AttributeProto *a = attribute(name, AttributeProto::TENSOR);
  return a ? &a->t() : nullptr;
}

Shape NodeView::getIntsAtLeast(const char *name, size_t count, int64_t least, int64_t otherwise) {
  Shape values = getInts(name).value_or(Shape(count, otherwise));
  auto isGood = [&](int64_t v) { return v >= least && v <= limits::kAttributeValue; };
  if (values.size() == count && llvm::all_of(values, isGood))
    return values;
  error("R043", llvm::Twine(name) + " must be " + llvm::Twine(count) +
                    (least == 1 ? " positive values" : " values of 0 or more") + ", got " + toString(values));
  return Shape(count, otherwise);
}

// ---- Axes

int64_t NodeView::getAxis(const char *name, int64_t otherwise, int64_t rank) {
  return normalizeAxis(getInt(name, otherwise), rank);
}

int64_t NodeView::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  error("R047", opName() + ": axis " + llvm::Twine(axis) + " is out of [" + llvm::Twine(-rank) + ", " +
                    llvm::Twine(rank - 1) + "]");
  return 0;
}

Shape NodeView::normalizeAxes(Shape axes, int64_t rank) {
  const std::string given = toString(axes);
  for (int64_t &axis : axes)
    axis = normalizeAxis(axis, rank);
  llvm::sort(axes);
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    error("R047", opName() + ": axes " + given + " name one axis twice");
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

} // namespace resnetc
