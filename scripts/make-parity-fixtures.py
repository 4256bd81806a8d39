#!/usr/bin/env python3
"""Writes tests/data/parity/{gpt2,llama}.safetensors: tiny random models of Hugging Face transformers under noema's
tensor names, with token ids ("input_ids", int64 [2,12]) and the logits that transformers computes for them ("logits",
fp32 [2,12,64]). tests/nn/parity_test.cpp holds noema's transformer against them.

The fixtures are committed; this is run again only when noema's tensor names change:

    python3 -m venv /tmp/venv-parity
    /tmp/venv-parity/bin/pip install "transformers==4.*" numpy safetensors torch==2.11.0
    CUDA_VISIBLE_DEVICES= /tmp/venv-parity/bin/python scripts/make-parity-fixtures.py

The script needs no GPU and no network; with the same versions it writes the same bytes.
"""

import pathlib

import torch
import transformers
from safetensors.torch import save_file

ROWS, TOKENS, VOCABULARY = 2, 12, 64
LAYERS, WIDTH, HEADS, KV_HEADS, FEED_FORWARD, MAX_POSITIONS = 2, 32, 4, 2, {"gpt2": 64, "llama": 48}, 16


def gpt2():
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=VOCABULARY, n_positions=MAX_POSITIONS, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS,
            n_inner=FEED_FORWARD["gpt2"], layer_norm_epsilon=1e-5, attn_implementation="eager"))


def llama():
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=FEED_FORWARD["llama"],
            num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS,
            max_position_embeddings=MAX_POSITIONS, rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=True,
            attn_implementation="eager"))


def randomize(model):
    """Larger numbers than a new model has, the biases and norms included: a swapped pair of tensors must show."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm_weight = parameter.dim() == 1 and not name.endswith("bias")
            parameter.normal_(1.0 if is_norm_weight else 0.0, 0.15)


def gpt2_tensors(state):
    """Hugging Face keeps GPT-2's matrices as [inner, columns]; noema's are [columns, inner]."""
    tensors = {"embedding.weight": state["transformer.wte.weight"], "positions.weight": state["transformer.wpe.weight"]}
    modules = {"transformer.ln_f": "final_norm"}
    for i in range(LAYERS):
        modules |= {
            f"transformer.h.{i}.ln_1": f"layers.{i}.attention_norm",
            f"transformer.h.{i}.attn.c_attn": f"layers.{i}.attention.qkv",
            f"transformer.h.{i}.attn.c_proj": f"layers.{i}.attention.out",
            f"transformer.h.{i}.ln_2": f"layers.{i}.feed_forward_norm",
            f"transformer.h.{i}.mlp.c_fc": f"layers.{i}.feed_forward.in",
            f"transformer.h.{i}.mlp.c_proj": f"layers.{i}.feed_forward.out",
        }
    for theirs, ours in modules.items():
        tensors[ours + ".weight"] = state[theirs + ".weight"].t()  # a norm's vector stays as it is
        tensors[ours + ".bias"] = state[theirs + ".bias"]
    return tensors


def llama_tensors(state):
    """Queries, keys and values are one matrix in noema, and so are gate and up."""
    tensors = {"embedding.weight": state["model.embed_tokens.weight"], "final_norm.weight": state["model.norm.weight"]}
    for i in range(LAYERS):
        def joined(*names):
            return torch.cat([state[f"model.layers.{i}.{name}.weight"] for name in names])

        tensors |= {
            f"layers.{i}.attention_norm.weight": joined("input_layernorm"),
            f"layers.{i}.attention.qkv.weight": joined("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            f"layers.{i}.attention.out.weight": joined("self_attn.o_proj"),
            f"layers.{i}.feed_forward_norm.weight": joined("post_attention_layernorm"),
            f"layers.{i}.feed_forward.in.weight": joined("mlp.gate_proj", "mlp.up_proj"),
            f"layers.{i}.feed_forward.out.weight": joined("mlp.down_proj"),
        }
    return tensors


def write(path, model, tensors_of):
    randomize(model)
    model.eval()
    ids = torch.randint(VOCABULARY, (ROWS, TOKENS))
    with torch.no_grad():
        logits = model(input_ids=ids, use_cache=False).logits
    tensors = tensors_of(model.state_dict()) | {"input_ids": ids, "logits": logits}
    tensors = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    save_file(tensors, path, metadata={"made_by": f"transformers {transformers.__version__}"})
    path.chmod(0o644)  # save_file makes it readable by its owner alone
    print(f"{path}: {path.stat().st_size} bytes, logits from {logits.min():.2f} to {logits.max():.2f}")


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "parity"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    write(folder / "gpt2.safetensors", gpt2(), gpt2_tensors)
    write(folder / "llama.safetensors", llama(), llama_tensors)


if __name__ == "__main__":
    main()
