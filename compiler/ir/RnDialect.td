// Dialect `rn`: a network as a graph of values. Tensors mean NCHW (or what the ONNX graph says where it transposes), have
// static shapes and no memory. Each operation keeps the name of its ONNX node as its location.
#ifndef RESNETC_IR_RNDIALECT
#define RESNETC_IR_RNDIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Rn_Dialect : Dialect {
  let name = "rn";
  let cppNamespace = "::resnetc::rn";
  let summary = "ResNet-family networks: tensors, values, folded epilogues";
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

class Rn_Attr<string name, string attrMnemonic> : AttrDef<Rn_Dialect, name> {
  let mnemonic = attrMnemonic;
}

// ---- Activations: one attribute serves the stand-alone operation and every epilogue.
def Rn_ActivationKind : I32EnumAttr<"ActivationKind", "pointwise non-linear function", [
    I32EnumAttrCase<"Relu", 0, "relu">, I32EnumAttrCase<"LeakyRelu", 1, "leaky_relu">,
    I32EnumAttrCase<"Clip", 2, "clip">, I32EnumAttrCase<"Sigmoid", 3, "sigmoid">,
    I32EnumAttrCase<"Silu", 4, "silu">, I32EnumAttrCase<"HardSigmoid", 5, "hard_sigmoid">,
    I32EnumAttrCase<"HardSwish", 6, "hard_swish">, I32EnumAttrCase<"Tanh", 7, "tanh">,
    I32EnumAttrCase<"Elu", 8, "elu">, I32EnumAttrCase<"Softplus", 9, "softplus">, I32EnumAttrCase<"Mish", 10, "mish">,
    I32EnumAttrCase<"Gelu", 11, "gelu">, I32EnumAttrCase<"GeluTanh", 12, "gelu_tanh">,
    I32EnumAttrCase<"Erf", 13, "erf">, I32EnumAttrCase<"Exp", 14, "exp">, I32EnumAttrCase<"Sqrt", 15, "sqrt">,
    I32EnumAttrCase<"Abs", 16, "abs">]> {
  let cppNamespace = "::resnetc::rn";
  let genSpecializedAttr = 0;
}

def Rn_Activation : Rn_Attr<"Activation", "act"> {
  let summary = "an activation with its parameters";
  let description = [{
    `#rn.act<relu>`, `#rn.act<clip, 0.0, 6.0>`. alpha and beta are: leaky_relu slope, -; clip low, high;
    hard_sigmoid max(0, min(1, alpha x + beta)); hard_swish x * hard_sigmoid(x) with the same two;
    elu beta * (x < 0 ? alpha (exp(x) - 1) : x); else unused.
  }];
  let parameters = (ins EnumParameter<Rn_ActivationKind>:$kind, 
    APFloatParameter<"first parameter">:$alpha, APFloatParameter<"second parameter">:$beta);
  let builders = [AttrBuilder<(ins "ActivationKind":$kind, CArg<"double", "0">:$alpha, CArg<"double", "0">:$beta),
    "return $_get($_ctxt, kind, ::llvm::APFloat(alpha), ::llvm::APFloat(beta));">];
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    double alpha() const { return getAlpha().convertToDouble(); }
    double beta() const { return getBeta().convertToDouble(); }
    double apply(double x) const;
  }];
}

// ---- Layout: how a value lies in memory once assign-layout has run. No layout means dense, row-major.
def Rn_Layout : Rn_Attr<"Layout", "layout"> {
  let summary = "blocked layout with a border of zeros";
  let description = [{
    `#rn.layout<8, [1, 1, 1, 1]>`: [N, C/8, top + H + bottom, left + W + right, 8]. The border (top, left, bottom,
    right) is physical and zero. Block 1 is planar.
  }];
  let parameters = (ins "int64_t":$block, ArrayRefParameter<"int64_t">:$border);
  let assemblyFormat = "`<` $block `,` `[` $border `]` `>`";
}

#endif
