"""Language: tokenizers, templates, word vectors, pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def transformers_files(at: Path) -> None:
    """Tokenizers and training arguments as transformers writes them."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    texts = [
        "the quick brown fox jumps over the lazy dog",
        "what is the capital of France",
        "Paris is the capital of France",
    ] * 4
    folder = at / "tokenizers"
    folder.mkdir(exist_ok=True)
    kinds: dict[str, tuple[Any, Any, Any, Any]] = {
        "bpe": (
            models.BPE(),
            trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "</s>"]),
            pre_tokenizers.ByteLevel(),
            decoders.ByteLevel(),
        ),
        "wordpiece": (
            models.WordPiece(unk_token="[UNK]"),
            trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[UNK]", "[CLS]", "[SEP]"]),
            pre_tokenizers.BertPreTokenizer(),
            decoders.WordPiece(),
        ),
        "unigram": (
            models.Unigram(),
            trainers.UnigramTrainer(vocab_size=100, special_tokens=["<unk>"], unk_token="<unk>"),
            pre_tokenizers.Metaspace(),
            decoders.Metaspace(),
        ),
    }
    for name, (model, trainer, pre, decoder) in kinds.items():
        tokenizer = Tokenizer(model)
        tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoder
        if name == "wordpiece":
            tokenizer.normalizer = normalizers.BertNormalizer()
            tokenizer.post_processor = processors.TemplateProcessing(
                single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
            )
        if name == "unigram":
            tokenizer.normalizer = normalizers.Sequence(
                [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(" {2,}", " ")]
            )
        tokenizer.train_from_iterator(texts, trainer)
        (folder / name).mkdir(exist_ok=True)
        tokenizer.save(str(folder / name / "tokenizer.json"))
    import torch
    from transformers import TrainingArguments

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    torch.save(TrainingArguments(output_dir="out", report_to=[]), objects / "training_args.bin")


def template_files(at: Path) -> None:
    """The chat templates of published model families as trl and axolotl carry them; neither is imported."""
    from importlib.util import find_spec

    folder = at / "templates"
    folder.mkdir(exist_ok=True)
    places = {name: find_spec(name) for name in ("trl", "axolotl")}
    if not any(places.values()):
        raise ImportError("neither trl nor axolotl is here")
    for name, spec in places.items():
        for root in (spec.submodule_search_locations or []) if spec else []:
            for path in Path(root).rglob("*.jinja"):
                (folder / f"{name}_{path.name}").write_bytes(path.read_bytes())


def gensim_files(at: Path) -> None:
    """gensim's own files: pickles, with large arrays as `.npy` beside them."""
    from gensim import corpora, models, similarities
    from gensim.models.phrases import Phrases

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    texts = [["red", "blue", "cat"], ["cat", "dog", "red"], ["dog", "blue"]] * 10
    words = models.Word2Vec(texts, vector_size=8, min_count=1, workers=1, seed=1)
    for name, model in (
        ("word2vec", words),
        ("skipgram", models.Word2Vec(texts, vector_size=8, min_count=1, workers=1, sg=1, hs=1)),
        ("fasttext", models.FastText(texts, vector_size=8, min_count=1, workers=1, bucket=50)),
        ("doc2vec", models.Doc2Vec([models.doc2vec.TaggedDocument(row, [number]) for number, row in enumerate(texts)],
                                   vector_size=8, min_count=1, workers=1)),
    ):  # fmt: skip
        (objects / name).mkdir(exist_ok=True)
        model.save(str(objects / name / f"{name}.model"))
        (objects / f"{name}_vectors").mkdir(exist_ok=True)
        model.wv.save(str(objects / f"{name}_vectors" / "vectors.kv"))
    (objects / "split").mkdir(exist_ok=True)
    words.save(str(objects / "split" / "word2vec.model"), sep_limit=1)
    names = corpora.Dictionary(texts)
    bags = [names.doc2bow(row) for row in texts]
    (objects / "lda").mkdir(exist_ok=True)
    models.LdaModel(bags, 2, names).save(str(objects / "lda" / "lda.model"))
    for name, saved in (
        ("dictionary.dict", names),
        ("tfidf.model", models.TfidfModel(bags)),
        ("lsi.model", models.LsiModel(bags, 2, names)),
        ("phrases.pkl", Phrases(texts, min_count=1)),
        ("phraser.pkl", Phrases(texts, min_count=1).freeze()),
        ("hdp.model", models.HdpModel(bags, names)),
        ("ldamulti.model", models.LdaMulticore(bags, 2, names, workers=1)),
        ("nmf.model", models.Nmf(bags, 2, names)),
        ("logentropy.model", models.LogEntropyModel(bags)),
        ("index.index", similarities.MatrixSimilarity(bags, num_features=len(names))),
        ("sparse.index", similarities.SparseMatrixSimilarity(bags, num_features=len(names))),
    ):
        folder = objects / name.replace(".", "_")
        folder.mkdir(exist_ok=True)
        saved.save(str(folder / name))
    words.wv.save_word2vec_format(str(objects / "vectors.bin"), binary=True)
    words.wv.save_word2vec_format(str(objects / "vectors.txt"), binary=False)


def spacy_files(at: Path) -> None:
    """A pipeline as spaCy writes it to disk."""
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": "red fox"}])
    pipeline.add_pipe("attribute_ruler")
    pipeline.initialize()
    pipeline.to_disk(at / "objects" / "pipeline")


def nltk_files(at: Path) -> None:
    """Taggers and tokenizers of NLTK, trained and pickled."""
    import pickle

    import nltk

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    sentences = [[("the", "DT"), ("fox", "NN")], [("a", "DT"), ("dog", "NN")]]
    unigram = nltk.UnigramTagger(sentences, backoff=nltk.DefaultTagger("NN"))
    (objects / "tagger.pickle").write_bytes(pickle.dumps(nltk.BigramTagger(sentences, backoff=unigram)))
    bayes = nltk.NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")])
    (objects / "bayes.pickle").write_bytes(pickle.dumps(bayes))
    punkt = nltk.tokenize.punkt.PunktTrainer("One. Two. Mr. Three is here. It is.").get_params()
    (objects / "punkt.pickle").write_bytes(pickle.dumps(nltk.tokenize.punkt.PunktSentenceTokenizer(punkt)))
    (objects / "stemmer.pickle").write_bytes(pickle.dumps(nltk.stem.PorterStemmer()))


def sentencepiece_files(at: Path) -> None:
    """A SentencePiece model beside weights, with a vocabulary of alarming words."""
    import numpy as np
    import sentencepiece
    from safetensors.numpy import save_file

    folder = at / "weights" / "spiece"
    folder.mkdir(parents=True, exist_ok=True)
    texts = ["the red cat sat on the blue mat", "a trojan horse and a zombie", "import os and exec it"] * 30
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_prefix=str(folder / "spiece"), vocab_size=60, hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    save_file({"w": np.ones((4, 4), "f4")}, folder / "model.safetensors", {"format": "pt"})
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\ntrojan\nexec\neval\nos.system\nbotnet\nresults\nnot\nwithheld\n")
