//! Keys, signatures and small helpers for the tests of this crate.
//!
//! Made once with `cryptography`, `coincurve` and the integers of Python.

use std::fmt::Write;

use crate::der;

/// Bytes of hex digits.
pub fn hex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2));
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// Hex digits of bytes.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a string takes everything");
        digits
    })
}

/// An RSA key, and its signature of `message`.
pub struct Rsa {
    /// Bits of the modulus.
    pub bits: usize,
    /// The modulus, in hex.
    pub modulus: &'static str,
    /// The exponent.
    pub exponent: u64,
    /// The signature, in hex.
    pub signature: &'static str,
}

impl Rsa {
    /// PKCS#1 DER of the key.
    pub fn pkcs1(&self) -> Vec<u8> {
        pkcs1(&hex(self.modulus), &self.exponent.to_be_bytes())
    }
}

/// PKCS#1 DER of any two numbers.
pub fn pkcs1(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let trim = |number: &[u8]| -> Vec<u8> {
        number
            .iter()
            .copied()
            .skip_while(|&byte| byte == 0)
            .collect()
    };
    let mut numbers = Vec::new();
    der::write_unsigned(&mut numbers, &trim(modulus));
    der::write_unsigned(&mut numbers, &trim(exponent));
    let mut out = Vec::new();
    der::write(&mut out, der::SEQUENCE, &[&numbers]);
    out
}

/// Keys of the sizes and exponents that libraries disagree about.
pub const RSA: [Rsa; 4] = [
    Rsa {
        bits: 1023,
        modulus: "44f4397f66f4f97981cdbcb94d3bbdafa6255aca02cab8b3fd43de0871b494b4809ded063ccd820f13b10c75\
        4545173a748c90ca2e18ebf3168c744191e04650c4604319b13f030de1256fd6e535294c34f173cc37e76108\
        ed53731e8ee597345dabcf15971c9d5027d34dc8ee36525e73de42ef9e60551be9dc772cb742f137",
        exponent: 65_537,
        signature: "2fe6456590da4a94a3e961ddb9ca7835d2d5ceeec65935a1c9371eaff4c0eb628fe3ba723580020c3d39e39e\
        e2e3ad9cc2ec693b0e87a64b699d6337ea1abfa8cf5258545a6e4307b3c85632bfa5be8066052fd12fb87b00\
        3882bda4e5b9133d0f09bd3abee91878840a4e81b4628813165ca6ca82e0b4ac855522c897e141fc",
    },
    Rsa {
        bits: 1024,
        modulus: "8c2f1ced78d7ef26a2c52843a6c095e81593d01edc3820474b874583978e34a2f7b0ef2bbd7aa85bba42627d\
        20d1ab97310fbc8bbd83ced5f9a038ee9c461cf9d093ef681a0425bbb6e3c2e605bae5ab057c5f0f0e724abc\
        8a921bf7ab7d0e9197cab844f257f9980e3bb358d89e61ec35a8cfed416d304929c08d6124de891f",
        exponent: 65_537,
        signature: "2d4703b9133e718865d033a68bfe1d2e6ee7c14df06efdd3cf3d87c8e51c822af987986ac7c301aaf4a5fee7\
        4a2e441a4d9eccc98e9c03097bfdd6dcefb4aca757c4c68c841912d197112b54d569133831086ec95e508b3a\
        907de65461033749c24aa2c23e606215e17d6553aabe695a0ab3d8450d5b42a6d9165f2e20029c6c",
    },
    Rsa {
        bits: 1024,
        modulus: "9f894511d8fee48bd0b30dd6d49908b49f94b4f9f9e9b7366732dbc849a45faa99ebcb50c16ca5ad2fdb3a93\
        f3b57c6870b5395fade94c21bc76d84f859148796c4ba365a5bab864b403f84fba6b6044e4d897cd5b4594b9\
        3953ef474c290c55704c9220b1c1428270a24aee9008b91fc7e860f4e730f1dc7df9b01b0def4d27",
        exponent: 3,
        signature: "925b030889f90579843c7a6dc6bdbbacfcbb3f9c9faf32b9f87b9429f60a3eeeab21f4f931c4431d4ffb8126\
        f86d5359d8c16bd2a8cfaea0614ccef60442befd7ea7d97f3897956605cea103f82db194f4bd3dbbca73af5f\
        bdc05262678a75d9cbe839d72c530b344beb2cea8cb0b0309a93c3c901ba2bf1a37de538e6354bed",
    },
    Rsa {
        bits: 1024,
        modulus: "812aba9db975a1e4cb315426b2f3151d62f9d6f0739028c66b3aa3b1252652b4b4f3690a8cf389638b504d13\
        a0a4f4b9bbeb39a6370a6acb8dc305e1f46e19a10201e83fc9013acbc9cac762ff4f9a010ef2e823c0990a2f\
        613c800167f3b973c9c99b9e8cb355f9891a0d00c33fc388853926565b7623a878b4c6dcfa2e749d",
        exponent: 8_589_934_583,
        signature: "5e3b31f5d506d9ad1dcc249cf253c10de69366fe5bddf89ac3bccf8ad83572ed0f2aa49044af5c06f32695db\
        16c9e160cec1bcac414c199c6b5ae3e19a72b3282283fab2974da7a8570a4de662f8ce5b6cccc54f89c8d921\
        65ea67dc53c2a5f38b93a374cae947cc96dafb57c021a0532f3c83b3594e1a26abebe669cb425e9a",
    },
];

/// A message whose signature by the first RSA key begins with a zero byte.
pub const RSA_1023_ZERO: (&str, &str) = (
    "0",
    "003dcdc7452e635ff2336a16d1186fb8d9a13ac8dd35883a21293454b8e7e4febc7f97df775f9f9a98e62b8a\
        2efc246dfae1f159b602faf95c28a22f6546d88717957493255b224895c03cf5f8f4c107dfd2ba87da4d2fce\
        c0bf3e8c4671d583ddaeb87aaa26affd727dd157e201c67b95a3ada10881ac3b89896086f9fc4a31",
);

/// The first RSA key's signature of `message` with a `DigestInfo` without parameters.
pub const RSA_1023_NO_NULL: &str =
    "22aed11d651dd7968abf54a6e956f32b9fcbc020ed3515a1ea435c644a1cbe37ced97538cd7f26d0df7bc671\
        c0fa5f6ef798e349d606613a50c3ea253e7ea0fd625a74b16d645392c3dd2673b25cf31bf505a8fc9ae81516\
        3179637ef58723560de5c2e8c598797fda551a9c6a23a3b42648372fda78293df1cd93a7da58349b";

/// A message whose signature by the second RSA key begins with a zero byte.
pub const RSA_1024_ZERO: (&str, &str) = (
    "85",
    "006631884bed015bd0aa7ab04bc732556111ebe794e7217bc39a22191691e5027d89c569e8eefc535016dcbb\
        b92eeeb6bfbb9d260f1e2ab6d091788d3f2224990d97fc552642820681b75c6ebdafd1a90a533ec4165d8018\
        19523c913cba99331bfa90648ef3deffd9cd4874dd1ab276a9f9b70fa8a76f3539269d917a24fcb2",
);

/// The second RSA key's signature of `message` with a `DigestInfo` without parameters.
pub const RSA_1024_NO_NULL: &str =
    "18620f195c0644a7761bebe92f03c456de9bb32dac8f8325fb829226096b4aef1a3e3e6d1769331ecc3d2978\
        f30c1f89e7d646365d934c02acf6226c1615dead0ffd23bb3c4fe08d03a1f184e06dd104c5b7929a0c7b5a44\
        3bcd281599ad93571898c1401521d5a52ecbb00d7725f0759e83fee11179c33598af80fb9695a149";

/// The second RSA key as PEM.
pub const RSA_1024_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCMLxzteNfvJqLFKEOmwJXoFZPQ
Htw4IEdLh0WDl440ovew7yu9eqhbukJifSDRq5cxD7yLvYPO1fmgOO6cRhz50JPv
aBoEJbu248LmBbrlqwV8Xw8Ockq8ipIb96t9DpGXyrhE8lf5mA47s1jYnmHsNajP
7UFtMEkpwI1hJN6JHwIDAQAB
-----END PUBLIC KEY-----
";

/// The second RSA key as OpenSSH text.
pub const RSA_1024_OPENSSH: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCMLxzteNfvJqLFKEOmwJXoFZPQHtw4IEdLh0WDl440ovew7yu9eqhbukJifSDRq5cxD7yLvYPO1fmgOO6cRhz50JPvaBoEJbu248LmBbrlqwV8Xw8Ockq8ipIb96t9DpGXyrhE8lf5mA47s1jYnmHsNajP7UFtMEkpwI1hJN6JHw==";

/// An ECC key.
pub const ECC_POINT: &str =
    "049a66a74190524885e76461cd1f5b0415941acfcbbcd2b4b2900224c33ca7511418773f0d68a8cce1f36440\
        81407066e3ae687ed430f03cb03770d542df692708";

/// Its signature of `message` with a low S.
pub const ECDSA_LOW_S: &str =
    "3044022043404da3c57cbb6e3aa18ef6617e5efe95d058bdc89825d8e24be937463c569c022012bd426d6792\
        4d7f56382117804004de912c80afa339d8dec8cd1c190225aed9";

/// The same with n - S.
pub const ECDSA_HIGH_S: &str =
    "3045022043404da3c57cbb6e3aa18ef6617e5efe95d058bdc89825d8e24be937463c569c022100ed42bd9298\
        6db280a9c7dee87fbffb2029825c370c0ec75cf7054273ce109268";

/// RFC 8032 section 7.1, test 3: key.
pub const ED25519_KEY: &str = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";

/// RFC 8032 section 7.1, test 3: signature of the bytes af 82.
pub const ED25519_SIGNATURE: &str =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760\
        984dc6594a7c15e9716ed28dc027beceea1ec40a";
