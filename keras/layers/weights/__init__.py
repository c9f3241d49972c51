"""Weight forms: how a layer holds a big weight, and multiplies by it.

A layer says `self._kernel_form.linear(inputs, bias)`. Whether the kernel is a variable
(`plain`), a frozen one with a change that is trained (`lora`), or integers with scales,
is the form's matter: it owns the variables, the product, the merged value that
`layer.kernel` reads, and what files hold. A form is one file of this folder; one that a
quantized dtype policy asks for enters itself in `FORMS` there, and is found by that.
"""
