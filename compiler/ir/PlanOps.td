// Dialect `plan`: what will run. Buffers with byte offsets, steps with a grid, calls of kernels by name. Memory and layout are
// visible, so FileCheck can test them.
#ifndef RESNETC_IR_PLANOPS
#define RESNETC_IR_PLANOPS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::resnetc::plan";
  let summary = "buffers, steps, kernel calls";
  let useDefaultAttributePrinterParser = 1;
}
class Plan_Op<string mnemonic, list<Trait> traits = []> : Op<Plan_Dialect, mnemonic, traits>;

def Plan_Space : I32EnumAttr<"Space", "where a buffer lies", [
    I32EnumAttrCase<"Input", 0, "input">, I32EnumAttrCase<"Output", 1, "output">,
    I32EnumAttrCase<"Arena", 2, "arena">, I32EnumAttrCase<"Weights", 3, "weights">]> {
  let cppNamespace = "::resnetc::plan";
  let genSpecializedAttr = 0;
}
def Plan_SpaceAttr : EnumAttr<Plan_Dialect, Plan_Space, "space"> { let assemblyFormat = "$value"; }

def Plan_Ref : AttrDef<Plan_Dialect, "Ref"> {
  let mnemonic = "ref";
  let summary = "a pointer that walks with the grid";
  let description = "address = buffer + offset + sum over grid dimensions d of index[d] * steps[d], all in bytes.";
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$buffer, "int64_t":$offset, ArrayRefParameter<"int64_t">:$steps);
  let assemblyFormat = "`<` $buffer `+` $offset `step` `[` $steps `]` `>`";
}
def Plan_RefArray : TypedArrayAttrBase<Plan_Ref, "pointers">;

def Plan_BufferOp : Plan_Op<"buffer", [Symbol]> {
  let summary = "a piece of memory";
  let description = [{
    input, output: the index-th tensor of the caller, dense row-major. arena: scratch; plan-memory gives the offset. The
    first step that names an arena buffer defines it, the last one ends its life. weights: `value` holds the bytes; while `pack` is there
    pack-weights has not yet brought them into the order of the kernels. may_alias names a buffer whose memory this one
    may take when that one's life ends in the step that defines this one (element by element in place). together: the buffer
    has room for so many images only, those that its section is working on (see StepOp). reused: what a task leaves there only itself
    reads, and each thread at work has a part of it for all of its tasks, which stays in its caches: the parts are as far apart as the last step of a
    pointer says, and as many as tasks.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Plan_SpaceAttr:$space, I64Attr:$bytes, OptionalAttr<I64Attr>:$index,
    OptionalAttr<I64Attr>:$together, OptionalAttr<I64Attr>:$offset, OptionalAttr<FlatSymbolRefAttr>:$may_alias, OptionalAttr<DictionaryAttr>:$pack,
    OptionalAttr<ElementsAttr>:$value, UnitAttr:$reused);
  let assemblyFormat = [{
    $space $sym_name `bytes` $bytes (`index` $index^)? (`together` $together^)? (`reused` $reused^)? (`offset` $offset^)? (`may_alias` $may_alias^)?
    (`pack` $pack^)? (`value` $value^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Plan_KernelOp : Plan_Op<"kernel", [Symbol]> {
  let summary = "a kernel by its KernelSpec; the symbol is KernelSpec::name()";
  let arguments = (ins SymbolNameAttr:$sym_name, DictionaryAttr:$spec);
  let assemblyFormat = "$sym_name $spec attr-dict";
}

def Plan_StepOp : Plan_Op<"step", [SingleBlock, NoTerminator]> {
  let summary = "tasks that may run in any order and on any threads; a barrier follows";
  let description = [{
    One task for each point of the grid (last dimension fastest); a task makes all calls in order. flops is what the layer
    of that name costs as the ONNX file states it, at the first of its steps, whatever the kernels save.
    images: the first dimension of the grid counts images, and the tasks of one touch no other. Such steps that follow each
    other are a section: it may go through all of them for some images, then for the next, as many as there are threads.
  }];
  let arguments = (ins StrAttr:$label, DenseI64ArrayAttr:$grid, OptionalAttr<I64Attr>:$flops, UnitAttr:$images);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$label `grid` $grid (`images` $images^)? (`flops` $flops^)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Plan_CallOp : Plan_Op<"call", [HasParent<"StepOp">]> {
  let summary = "one call of a kernel; the last operands are the outputs";
  let arguments = (ins FlatSymbolRefAttr:$kernel, Plan_RefArray:$operands_);
  let assemblyFormat = "$kernel $operands_ attr-dict";
  let hasVerifier = 1;
}

#endif
