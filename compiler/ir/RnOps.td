// Operations of dialect `rn`. Shapes are static and checked by the verifiers with the functions of Shapes.h.
#ifndef RESNETC_IR_RNOPS
#define RESNETC_IR_RNOPS

include "compiler/ir/RnDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/BuiltinAttributes.td"

def Rn_Tensor : StaticShapeTensorOf<[F32, I64, I32, I8, UI8, I1]>;
def Rn_Real : StaticShapeTensorOf<[F32]>;
def Rn_Index : StaticShapeTensorOf<[I64, I32]>;

class Rn_Op<string mnemonic, list<Trait> traits = []> : Op<Rn_Dialect, mnemonic, [Pure] # traits> {
  let hasVerifier = 1;
}
// Ends with an optional activation, applied to the result element by element (fuse-activation sets it).
def Rn_HasEpilogue : NativeOpTrait<"HasEpilogue"> { let cppNamespace = "::resnetc::rn"; }
// May have a second result: preact_act(scale * result + shift) with one value per channel, what the next block of a
// pre-activation network reads (fuse-preactivation sets it). `scale` and `shift` are then the last operands.
def Rn_HasPreactivation : NativeOpTrait<"HasPreactivation"> { let cppNamespace = "::resnetc::rn"; }

def Rn_ConstantOp : Rn_Op<"constant", [ConstantLike]> {
  let summary = "weights and other constants";
  let description = "Large values are dense_resource blobs: never copied into uniqued attributes, never printed whole.";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Rn_Tensor:$result);
  let hasCustomAssemblyFormat = 1;
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "::mlir::ElementsAttr":$value)>];
}

// ---- Convolution and dense
def Rn_Conv2dOp : Rn_Op<"conv2d", [AttrSizedOperandSegments, Rn_HasEpilogue, Rn_HasPreactivation]> {
  let summary = "2-d convolution with its epilogue";
  let description = [{
    result = act(conv(input, weight) + bias + residual). input [N, C, H, W], weight [O, C/groups, kh, kw], bias [O]. pads
    are top, left, bottom, right; padding is zero. The residual is like the result, or has fewer channels: these are added
    from channel `residual_channel` on. preact = preact_act(scale * result + shift). input_moments: about the mean and the root
    mean square of the input, where estimated; they change no result but its roundings.
  }];
  let arguments = (ins Rn_Real:$input, Rn_Real:$weight, Optional<Rn_Real>:$bias, Optional<Rn_Real>:$residual,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides, DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations, DefaultValuedAttr<I64Attr, "1">:$groups,
    OptionalAttr<Rn_Activation>:$act, DefaultValuedAttr<I64Attr, "0">:$residual_channel,
    Optional<Rn_Real>:$scale, Optional<Rn_Real>:$shift, OptionalAttr<Rn_Activation>:$preact_act,
    OptionalAttr<DenseF64ArrayAttr>:$input_moments);
  let results = (outs Rn_Real:$result, Optional<Rn_Real>:$preact);
  let assemblyFormat = [{
    `(` $input `,` $weight (`,` `bias` $bias^)? (`residual` $residual^)? `)` (`preact` `(` $scale^ `,` $shift `)`)? attr-dict
    `:` type($input) `,` type($weight) (`,` `bias` type($bias)^)? (`residual` type($residual)^)?
    (`preact` `(` type($scale)^ `,` type($shift) `)`)? `->` type($result) (`,` type($preact)^)?
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input, "::mlir::Value":$weight,
    "::mlir::Value":$bias, "::mlir::Value":$residual, "::mlir::DenseI64ArrayAttr":$strides,
    "::mlir::DenseI64ArrayAttr":$pads, "::mlir::DenseI64ArrayAttr":$dilations, "::mlir::IntegerAttr":$groups,
    "ActivationAttr":$act), [{
    build($_builder, $_state, result, /*preact=*/::mlir::Type(), input, weight, bias, residual, strides, pads, dilations, groups,
          act, $_builder.getI64IntegerAttr(0), /*scale=*/::mlir::Value(), /*shift=*/::mlir::Value(), ActivationAttr(),
          /*input_moments=*/::mlir::DenseF64ArrayAttr());
  }]>];
}

def Rn_DenseOp : Rn_Op<"dense", [Rn_HasEpilogue]> {
  let summary = "fully connected layer";
  let description = "result[m, n] = act(sum_k input[m, k] * weight[n, k] + bias[n]).";
  let arguments = (ins Rn_Real:$input, Rn_Real:$weight, Optional<Rn_Real>:$bias, OptionalAttr<Rn_Activation>:$act);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = [{
    `(` $input `,` $weight (`,` `bias` $bias^)? `)` attr-dict
    `:` type($input) `,` type($weight) (`,` `bias` type($bias)^)? `->` type($result)
  }];
}

// ---- Normalisation and element-wise
def Rn_BatchNormOp : Rn_Op<"batch_norm", [Rn_HasEpilogue]> {
  let summary = "inference batch normalisation over axis 1";
  let description = "act((input - mean) / sqrt(variance + epsilon) * scale + bias); the four vectors have C elements.";
  let arguments = (ins Rn_Real:$input, Rn_Real:$scale, Rn_Real:$bias, Rn_Real:$mean, Rn_Real:$variance,
    F64Attr:$epsilon, OptionalAttr<Rn_Activation>:$act);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "`(` operands `)` attr-dict `:` functional-type(operands, results)";
}

class Rn_BinaryOp<string mnemonic, string algebra, list<Trait> traits = []>
    : Rn_Op<mnemonic, [Rn_HasEpilogue] # traits> {
  let summary = "act(" # algebra # ") with ONNX (numpy) broadcasting";
  let arguments = (ins Rn_Tensor:$lhs, Rn_Tensor:$rhs, OptionalAttr<Rn_Activation>:$act);
  let results = (outs Rn_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
}
def Rn_AddOp : Rn_BinaryOp<"add", "lhs + rhs", [Commutative]>;
def Rn_SubOp : Rn_BinaryOp<"sub", "lhs - rhs">;
def Rn_MulOp : Rn_BinaryOp<"mul", "lhs * rhs", [Commutative]>;
def Rn_DivOp : Rn_BinaryOp<"div", "lhs / rhs">;
def Rn_MulAddOp : Rn_Op<"mul_add", [Rn_HasEpilogue]> {
  let summary = "act(lhs * rhs + addend) with ONNX (numpy) broadcasting";
  let arguments = (ins Rn_Real:$lhs, Rn_Real:$rhs, Rn_Real:$addend, OptionalAttr<Rn_Activation>:$act);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "$lhs `,` $rhs `,` $addend attr-dict `:` type($lhs) `,` type($rhs) `,` type($addend) `->` type($result)";
}
def Rn_MinOp : Rn_BinaryOp<"min", "min(lhs, rhs)", [Commutative]>;
def Rn_MaxOp : Rn_BinaryOp<"max", "max(lhs, rhs)", [Commutative]>;

class Rn_UnaryOp<string mnemonic, list<Trait> traits = []> : Rn_Op<mnemonic, traits> {
  let arguments = (ins Rn_Tensor:$input);
  let results = (outs Rn_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}
def Rn_ActivationOp : Rn_Op<"activation"> {
  let summary = "an activation of its own, where no kernel in front could take it";
  let arguments = (ins Rn_Real:$input, Rn_Activation:$act);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}
def Rn_SoftmaxOp : Rn_Op<"softmax"> {
  let summary = "exp(x - max) / sum along one axis";
  let arguments = (ins Rn_Real:$input, I64Attr:$axis, UnitAttr:$log);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

// ---- Pooling and reduction
class Rn_PoolOp<string mnemonic, dag extra, list<Trait> traits = []> : Rn_Op<mnemonic, traits> {
  let arguments = !con((ins Rn_Real:$input, DenseI64ArrayAttr:$kernel,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides, DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations, UnitAttr:$ceil_mode), extra);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}
def Rn_MaxPoolOp : Rn_PoolOp<"max_pool", (ins Optional<Rn_Real>:$scale, Optional<Rn_Real>:$shift,
    OptionalAttr<Rn_Activation>:$preact_act), [AttrSizedOperandSegments, Rn_HasPreactivation]> {
  let summary = "maximum over windows; padding never wins";
  let description = "preact = preact_act(scale * result + shift).";
  let results = (outs Rn_Real:$result, Optional<Rn_Real>:$preact);
  let assemblyFormat = [{
    $input (`preact` `(` $scale^ `,` $shift `)`)? attr-dict
    `:` type($input) (`preact` `(` type($scale)^ `,` type($shift) `)`)? `->` type($result) (`,` type($preact)^)?
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input, "::mlir::DenseI64ArrayAttr":$kernel,
    "::mlir::DenseI64ArrayAttr":$strides, "::mlir::DenseI64ArrayAttr":$pads, "::mlir::DenseI64ArrayAttr":$dilations,
    "::mlir::UnitAttr":$ceil_mode), [{
    build($_builder, $_state, result, /*preact=*/::mlir::Type(), input, kernel, strides, pads, dilations, ceil_mode,
          /*scale=*/::mlir::Value(), /*shift=*/::mlir::Value(), ActivationAttr());
  }]>];
}
def Rn_AvgPoolOp : Rn_PoolOp<"avg_pool", (ins UnitAttr:$count_include_pad)> {
  let summary = "mean over windows; with count_include_pad the padding (not the overhang of ceil_mode) counts";
}
def Rn_ReduceOp : Rn_Op<"reduce"> {
  let summary = "mean, mean of squares, sum or max over some axes";
  let description = "Axes are ascending and in range. Without keepdims they vanish from the shape.";
  let arguments = (ins Rn_Real:$input, StrAttr:$kind, DenseI64ArrayAttr:$axes, UnitAttr:$keepdims);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input) `->` type($result)";
}

// ---- The edges of a network: images as programs have them, classes as programs want them
def Rn_ImageOp : Rn_Op<"image"> {
  let summary = "pixels of the caller as the network wants them";
  let description = [{
    result[n, c, y, x] = (pixel[n, c, y, x] - mean[c]) / std[c]. The input is [N, C, H, W], with nhwc [N, H, W, C]; with
    reverse its channels come in the opposite order (BGR for RGB).
  }];
  let arguments = (ins Rn_Tensor:$input, DenseF64ArrayAttr:$mean, DenseF64ArrayAttr:$std, UnitAttr:$nhwc, UnitAttr:$reverse);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}
def Rn_TopKOp : Rn_Op<"top_k"> {
  let summary = "where the k largest elements of each row are, the largest first";
  let description = "Of equal elements the one with the lower index comes first; NaN counts as minus infinity.";
  let arguments = (ins Rn_Real:$input);
  let results = (outs Rn_Index:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}
def Rn_TakeOp : Rn_Op<"take"> {
  let summary = "result[n, k] = input[n, indices[n, k]]";
  let arguments = (ins Rn_Real:$input, Rn_Index:$indices);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "$input `,` $indices attr-dict `:` type($input) `,` type($indices) `->` type($result)";
}

// ---- Shape and data movement
def Rn_ReshapeOp : Rn_UnaryOp<"reshape"> {
  let summary = "the same elements in row-major order under the result's shape";
  let hasFolder = 1;
}
def Rn_TransposeOp : Rn_Op<"transpose"> {
  let summary = "result dimension i is input dimension perm[i]";
  let arguments = (ins Rn_Tensor:$input, DenseI64ArrayAttr:$perm);
  let results = (outs Rn_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}
def Rn_PadOp : Rn_Op<"pad"> {
  let summary = "constant padding: low[i] elements before, high[i] after dimension i (none negative)";
  let arguments = (ins Rn_Tensor:$input, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, F64Attr:$value);
  let results = (outs Rn_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}
def Rn_SliceOp : Rn_Op<"slice"> {
  let summary = "result[i] = input[offsets[i] + i * steps[i]] (steps may be negative); sizes are the result's";
  let arguments = (ins Rn_Tensor:$input, DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$steps);
  let results = (outs Rn_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}
def Rn_ConcatOp : Rn_Op<"concat"> {
  let summary = "inputs one after the other along an axis";
  let arguments = (ins Variadic<Rn_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Rn_Tensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type($inputs, results)";
}
def Rn_GatherOp : Rn_Op<"gather"> {
  let summary = "slices of input along an axis, chosen by indices (negative ones count from the end)";
  let arguments = (ins Rn_Tensor:$input, Rn_Index:$indices, I64Attr:$axis);
  let results = (outs Rn_Tensor:$result);
  let assemblyFormat = "$input `,` $indices attr-dict `:` type($input) `,` type($indices) `->` type($result)";
}
def Rn_BroadcastOp : Rn_UnaryOp<"broadcast"> { let summary = "numpy broadcast to the result's shape"; }
def Rn_CastOp : Rn_UnaryOp<"cast"> { let summary = "element type conversion; to integers towards zero"; }
def Rn_ShapeOp : Rn_UnaryOp<"shape"> {
  let summary = "the shape of input as a vector; only its type is read";
  let hasFolder = 1;
}
def Rn_RelayoutOp : Rn_Op<"relayout"> {
  let summary = "a copy between two layouts of the same tensor";
  let description = [{
    With perm, the input is read transposed: result dimension i is input dimension perm[i]; so an NHWC image becomes
    blocked in one pass over memory.
  }];
  let arguments = (ins Rn_Real:$input, OptionalAttr<DenseI64ArrayAttr>:$perm);
  let results = (outs Rn_Real:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

#endif
