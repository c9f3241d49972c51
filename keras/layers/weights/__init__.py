"""Weight forms: how a layer holds a big weight, and multiplies by it.

A layer says `self._kernel_form.linear(inputs, bias)`. Whether the kernel is a variable
(`plain`), a frozen one with a change that is trained (`lora`), or integers with scales,
is the form's matter: it owns the variables, the product, the merged value that
`layer.kernel` reads, and what files hold. A form is one file of this folder. One that
`@quantized_form` stands before is found by its mode: `quantize`, dtype policies, files
and every layer whose products it has know it by that.
"""
