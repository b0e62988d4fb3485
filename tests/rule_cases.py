"""Texts for test_rules.py, by rule: members of a network, declarations before `---`.

«Marks» show where a finding stands; without any it stands at the network's name.
"""

BROKEN = {
    "D001": [
        """
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(«24»)
        """,
        """
        stage layer1: 3 x bottleneck(16)
        stage layer2: 3 x bottleneck(«32», expansion = 6)
        """,
        # Within one stage's body, and by the size that the blocks yield, not by their order.
        """
        stage layer1 { 2 x basic(16); 2 x basic(«32») }
        stage layer2: 2 x basic(64), /2
        """,
        # A block that has no say in its filters is marked as a whole; one that widens at every turn only once.
        """
        block widening() { conv 3x3, in + 4 }
        ---
        stage layer1: 5 x «widening()»
        """,
    ],
    "D002": [
        """
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(«16»), /2
        """,
        """
        stem { conv 3x3, 32 }
        stage layer1: 3 x basic(«32»), /2
        """,
        """
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(«32»), /4
        """,
        # An odd map is halved, too, if not exactly.
        """
        input 3x30x30
        allow D007 "for the test"
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(32), /2
        stage layer3: 3 x basic(«96»), /2
        """,
        # A stage that is wrong does not put the next one in the wrong.
        """
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(«16»), /2
        stage layer3: 3 x basic(64), /2
        """,
        """
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(«16»), /2
        stage layer3: 3 x basic(32), /2
        """,
        # Inside a body, and where layers between the blocks halve the map.
        """
        stage layer1 { 2 x basic(16); 2 x basic(«16»), /2; conv 3x3, 16, /2; 2 x basic(«16») }
        """,
        """
        block two(filters) { conv 3x3, filters, /2; conv 3x3, filters, /stride }
        ---
        shortcut none
        stage layer1: 1 x basic(16)
        stage layer2: 1 x two(«32»), /2
        """,
        """
        stage layer1: 3 x bottleneck(16)
        stage layer2: 3 x bottleneck(«16»), /2
        """,
    ],
    "D003": [
        """
        stage layer1: 3 x basic(16)
        stage layer2 { «maxpool 2x2, /2»; 3 x basic(32) }
        """,
        """
        stage layer1 { 3 x basic(16); «avgpool 3x3, /2» }
        stage layer2: 3 x basic(32)
        """,
        """
        stage layer1: 3 x basic(16)
        stage layer2 { «subsample /2»; 3 x basic(32) }
        """,
        """
        block pooled(filters) { avgpool 3x3, /stride; conv 3x3, filters }
        ---
        stage layer1: 3 x pooled(16)
        stage layer2: 3 x «pooled(32)», /2
        """,
    ],
    "D004": [
        "head { «linear 10» }",
        "head { «maxpool 2x2, /2»; linear 10 }",
        "head { avgpool; linear 100; act; «linear 10» }",
        "head { «avgpool» }",
        "head { avgpool; «last: conv 1x1, 10» }",
        """
        head {
          «last: conv 1x1, 10»
          avgpool
        }
        """,
    ],
    "D005": [
        """
        shortcut identity
        stage layer1: 3 x basic(16)
        stage layer2: 3 x «basic(32)», /2
        """,
        """
        shortcut identity
        stage layer1: 3 x «bottleneck(16)»
        """,
        """
        stage layer1: 3 x basic(16)
        stage layer2: 3 x «basic(32)», /2 { shortcut identity }
        """,
        """
        shortcut nothing {}
        ---
        shortcut nothing
        stage layer1: 1 x basic(16)
        stage layer2: 3 x «basic(32)», /2
        """,
    ],
    "D006": [
        """
        order pre
        stage layer1: 3 x basic(16)
        stage layer2 { 2 x basic(32), /2; «norm»; 2 x basic(32) }
        """,
        """
        order pre
        stage layer1 { 3 x basic(16); «dropout 0.1» }
        stage layer2: 3 x basic(32), /2
        """,
        """
        shortcut gated { squeeze_excite 4 }
        ---
        order pre
        shortcut «gated always»
        stage layer1: 3 x basic(16)
        """,
    ],
    "D007": [
        """
        input 3x30x30
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(32), /2
        stage layer3: 3 x «basic(64)», /2
        """,
        """
        input 3x225x224
        stem { «conv 7x7, 16, /2» }
        """,
        """
        input 3x31x31
        allow D003 "for the test"
        stage layer1 { 3 x basic(16); «maxpool 3x3, /2» }
        """,
        """
        input 3x31x32
        allow D004 "for the test"
        head { «maxpool 2x2, /2»; linear 10 }
        """,
    ],
    "D008": [
        """
        stem { conv 7x7, 64, /2; «maxpool 3x3, /2» }
        stage layer1: 2 x basic(64)
        """,
        """
        input 3x224x60
        stem { «conv 4x4, 64, /4»; maxpool 3x3, /2 }
        allow D007 "for the test"
        """,
    ],
    "D009": [
        """
        shortcut none
        stage layer1: 10 x basic(16)
        """,
    ],
    "D010": [
        "stem { «conv 3x3, 16, bias = true» }",
        "stem { «conv 3x3, 16, bias = true»; conv 3x3, 16 }\n norm group(16)",
        # Across a maxpool, across an addition, and from one plain block to the next.
        "stem { «conv 3x3, 16, norm = none, act = none»; maxpool 3x3; norm }",
        # A conv of the standard library is found where the block is used.
        """
        order pre
        shortcut none
        stage layer1: 2 x «basic(16)» { norm none }
        stage layer2: 2 x basic(32), /2
        """,
        """
        block biased(filters) { conv 3x3, filters; «conv 3x3, filters, /stride, bias = true» }
        ---
        order norm_after_add
        stage layer1: 3 x biased(16)
        """,
        """
        block biased(filters) { «conv 3x3, filters, /stride, bias = true» }
        ---
        order pre
        shortcut none
        stage layer1: 3 x biased(16)
        """,
        """
        shortcut biased { «conv 1x1, out, /stride, bias = true» }
        ---
        shortcut biased
        stage layer1: 3 x bottleneck(16)
        """,
    ],
    "D011": [
        """
        shortcut «projection always»
        stage layer1: 3 x basic(16)
        """,
        """
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(32), /2 { shortcut «pooled_projection always» }
        """,
    ],
    "D012": [
        "train { batch 1 }\n stem { conv 3x3, 16; avgpool; «conv 1x1, 16» }",
        "input 3x4x4\n train { batch 1 }\n stage layer1: 2 x «basic(64)», /4",
    ],
    "D013": [
        "norm batch(momentum = 0.99)\n stem { «conv 3x3, 16» }",
        "stage layer1: 2 x «basic(16)» { norm batch(momentum = 0.9) }",
    ],
    "D014": [
        "input 3x4x4\n stage layer1: 2 x basic(64), /4\n stage layer2: 2 x «basic(128)», /2",
    ],
    "D015": [
        "stem { conv 3x3, 16; «norm»; act }",
        "stem { conv 3x3, 16; «act» }",
        """
        block twice(filters) { conv 3x3, filters; «norm» }
        ---
        stage layer1: 3 x twice(16)
        """,
    ],
    "D016": [
        "head { avgpool; linear 10; «act» }",
        "head { avgpool; linear 10; dropout 0.1; «norm» }",
    ],
    "D017": ["input 32x32x3", "input 224x224x3\n stem { conv 3x3, 16 }"],
    "D018": [
        "shortcut none\n init zero_last_norm = true\n stage layer1: 3 x «basic(16)»",
        "stage layer1: 3 x «basic(16)» { shortcut none; init zero_last_norm = true }",
    ],
    "X001": [
        "expect { depth «3» }",
        "expect { params «1_000»; map «7x7» }",
        "expect { params «0.7k»; macs «0.45M» }",
    ],
    "X002": [
        "train { data cifar100 }\n head { avgpool; «linear 10» }",
        "train { data digits(mean = [0.5], std = [0.5]) }\n head { avgpool; «linear 100» }",
    ],
    "X003": ["train { epochs 90; schedule step(at = [30, 60]) }", "train { epochs 3; schedule step(at = [3]) }"],
}

PUBLISHED = """
        stage layer1: 3 x basic(16)
        stage layer2: 3 x basic(32), /2
        stage layer3: 3 x basic(64), /2
"""
CLEAN = {
    "D001": [
        PUBLISHED,
        'design free "RegNet"\n stage layer1: 3 x basic(16)\n stage layer2: 3 x basic(24)',
        # Dilation in place of strides leaves the map as it is.
        PUBLISHED.replace("/2", "/2 { dilate }"),
        # The stem is no block, and a bottleneck's inner filters are its own.
        "stage layer1: 3 x basic(160)",
        "stage layer1 { 1 x bottleneck(16); 2 x bottleneck(32, expansion = 2) }",
    ],
    "D002": [
        PUBLISHED,
        "stage layer1: 3 x basic(16)\n stage layer2: 3 x basic(64), /4",
        "stage layer1: 3 x bottleneck(64)\n stage layer2: 3 x bottleneck(128), /2",
        "stage layer1: 3 x bottleneck(16), /2",
        # A smaller map without a stride is not half a map; without a stem there is nothing to hold the first stage to.
        """
        block valid(filters) { conv 3x3, filters, pad = 0 }
        ---
        shortcut none
        stage layer1: 3 x valid(16)
        """,
        """
        stem {}
        stage layer1: 3 x basic(64), /2
        """,
    ],
    "D003": [
        PUBLISHED,
        "downsampling averaged" + PUBLISHED,
        "downsampling blurred(3)" + PUBLISHED,
        "shortcut pooled_projection" + PUBLISHED,
        "stem { conv 3x3, 16; maxpool 3x3, /2 }\n stage layer1 { 2 x basic(16); maxpool 3x3 }",
    ],
    "D004": [
        "head { avgpool; linear 10 }",
        "head { avgpool; dropout 0.5; linear 10 }",
        "head { norm; act; avgpool; linear 10 }",
        "head { avgpool 32x32, pad = 0; linear 10 }",
        "stage layer1 { 3 x basic(16); avgpool }\n head { linear 10 }",
        "head {}",
    ],
    "D005": [
        PUBLISHED,
        "shortcut pad" + PUBLISHED,
        "shortcut none" + PUBLISHED,
        "shortcut identity\n stage layer1: 3 x basic(16)",
    ],
    "D006": [
        "order pre" + PUBLISHED,
        "order pre\n shortcut none\n stage layer1 { 3 x basic(16); norm; 3 x basic(16) }",
        "order post\n stage layer1 { 3 x basic(16); norm; 3 x basic(16) }",
        # Before the first block and after the last one there is no path yet, or no more.
        "order pre\n stage layer1 { dropout 0.1; 3 x basic(16); dropout 0.1 }",
        "shortcut gated { squeeze_excite 4 }\n---\n shortcut gated always\n stage layer1: 3 x basic(16)",
    ],
    "D007": [
        PUBLISHED,
        "input 3x31x31\n stage layer1: 3 x basic(16)",
        "input 3x33x33\n stem { conv 3x3, 16, /3 }",
    ],
    "D008": [
        "input 3x64x64\n stem { conv 7x7, 64, /2; maxpool 3x3, /2 }",
        "stem { conv 7x7, 64, /2 }",
        PUBLISHED,
    ],
    "D009": [
        "shortcut none" + PUBLISHED,
        "shortcut none\n stage layer1: 9 x basic(16)",
        "stage layer1: 10 x basic(16)",
        "shortcut none\n stage layer1: 9 x basic(16)\n stage layer2: 9 x basic(32), /2 { shortcut pad }",
    ],
    "D010": [
        PUBLISHED,
        "norm none" + PUBLISHED,
        "norm group(8)\n stem { conv 3x3, 16, bias = true }",
        # An act or an addition in between, whose sum others see as well.
        "stem { conv 3x3, 16, norm = none; norm }",
        """
        block biased(filters) { conv 3x3, filters; conv 3x3, filters, bias = true; squeeze_excite 4 }
        ---
        order pre
        stage layer1: 3 x biased(16)
        """,
        """
        block biased(filters) { conv 3x3, filters, bias = true }
        ---
        order pre
        stage layer1 { 3 x biased(16); 3 x basic(16) }
        """,
    ],
    "D011": [
        PUBLISHED,
        "shortcut pad always\n stage layer1: 3 x basic(16)",
        "shortcut projection always\n stage layer1: 1 x bottleneck(16)",
    ],
    "D012": [
        "train { batch 2 }\n stem { conv 3x3, 16; avgpool; conv 1x1, 16 }",
        "train { batch 1 }",
        "train { batch 1 }\n norm group(4)\n stem { conv 3x3, 16; avgpool; conv 1x1, 16 }",
    ],
    "D013": ["norm batch(momentum = 0.01)", "norm batch(momentum = 1)", "norm batch(momentum = 0.2)"],
    "D014": ["input 3x8x8\n stage layer1: 2 x basic(64), /4\n stage layer2: 2 x basic(128), /2"],
    "D015": [
        PUBLISHED,
        "order pre" + PUBLISHED,
        "stem { conv 3x3, 16, norm = none, act = none, bias = false; norm; act }",
        "stem { conv 3x3, 16; maxpool 2x2; conv 3x3, 16 }",
        """
        block se(filters) { conv 3x3, filters; conv 3x3, filters; act; squeeze_excite 4 }
        ---
        stage layer1: 3 x se(16)
        """,
    ],
    "D016": [PUBLISHED, "order pre" + PUBLISHED, 'head { linear 16; act; linear 10 }\n allow D004 "two"'],
    "D017": ["input 3x32x3", "input 32x32x32", "input 1x8x3"],
    "D018": [
        "init zero_last_norm = true" + PUBLISHED,
        "shortcut none\n norm none\n init zero_last_norm = true" + PUBLISHED,
    ],
    "X001": [
        "expect { depth 2; params 634; macs 0.443M; map 32x32 }",
        "expect { params 0.6k; macs 0.4M }",
    ],
    "X002": [
        "train { data cifar10 }",
        "train { data folder }\n head { avgpool; linear 7 }",
        "train { batch 64 }\n head { avgpool; linear 7 }",
    ],
    "X003": [
        "train { epochs 90; schedule step(at = [30 epochs, 60 epochs]) }",
        "train { epochs 90; schedule step(at = [30, 6000]) }",
        "train { epochs 90; schedule step(at = [30, 50%]) }",
        "train { steps 90; schedule step(at = [30, 60]) }",
    ],
}

FIXED: dict[str, list[tuple[str, str | None]]] = {
    "D001": [
        (
            "stage layer1: 3 x basic(16)\n stage layer2: 3 x basic(24)",
            "stage layer1: 3 x basic(16)\n stage layer2: 3 x basic(16)",
        ),
        (
            "stage layer1: 3 x bottleneck(16)\n stage layer2: 3 x bottleneck(filters = 24)",
            "stage layer1: 3 x bottleneck(16)\n stage layer2: 3 x bottleneck(filters = 16)",
        ),
        # Not in proportion, not a whole number, or not a plain number.
        ("block more(n) { conv 3x3, in + n }\n---\n stage layer1: 1 x basic(16)\n stage layer2: 1 x more(16)", None),
        ("stage layer1: 1 x basic(16)\n stage layer2: 1 x bottleneck(6, expansion = 3)", None),
        ("stage layer1: 1 x basic(16)\n stage layer2: 1 x basic(8 * 3)", None),
    ],
    "D002": [
        (
            "stage layer1: 3 x basic(16)\n stage layer2: 3 x basic(16), /2",
            "stage layer1: 3 x basic(16)\n stage layer2: 3 x basic(32), /2",
        ),
        (
            "stage layer1: 3 x bottleneck(16)\n stage layer2: 3 x bottleneck(16, width = 8), /2",
            "stage layer1: 3 x bottleneck(16)\n stage layer2: 3 x bottleneck(32, width = 8), /2",
        ),
    ],
    "D005": [
        (
            f"shortcut {written}\n stage layer1: 3 x bottleneck(16)",
            "shortcut projection\n stage layer1: 3 x bottleneck(16)",
        )
        for written in ("identity", "identity always")
    ],
}
