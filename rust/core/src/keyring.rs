//! Checked accounts, and the verdicts on the messages of their owners (docs/semantics.md#msg-6 to #msg-10, #doc-8).
//!
//! Keys go in through checks only: a meta that matches its ID, documents that this meta's key signed. They do not come out but as verdicts and public keys. No lock is held
//! while something is verified: an [`Account`] never changes, a newer one takes its place.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lru::LruCache;

use crate::code::{Code, Refusal};
use crate::document::{self, Document, Proved};
use crate::identity::Identifier;
use crate::json;
use crate::keys::Algorithm;
use crate::message::{Message, Table};
use crate::meta;
use crate::pool;
use crate::verify::{self, Job, VerifyKey};

/// The most documents of one ID that are held (DOC-3).
const MAX_DOCUMENTS: usize = 8;
/// Messages or documents below which a batch is not split between threads: each may need a verification at least.
const GRAIN: usize = 4;

/// Accepted, or why not.
pub type Verdict = Result<(), Refusal>;

/// The terminal, and the key that seals for it.
pub type EncryptionKey = (Option<Box<str>>, Arc<VerifyKey>);

/// An ID that is proved to belong to a key. Its address is where it is held.
#[derive(Clone, Debug)]
pub struct Account {
    name: Option<Box<str>>,
    key: Arc<VerifyKey>,
    /// Newest first; one for each type and terminal.
    documents: Vec<Proved>,
}

impl Account {
    fn new(identifier: &Identifier, key: VerifyKey) -> Self {
        Self {
            name: identifier.name().map(Box::from),
            key: Arc::new(key),
            documents: Vec::new(),
        }
    }

    fn is_of(&self, identifier: &Identifier) -> bool {
        self.name.as_deref() == identifier.name()
    }

    /// The keys that documents add to the meta key, newest first, each once.
    fn document_keys(&self) -> Vec<&Arc<VerifyKey>> {
        let mut known = HashSet::from([self.key.public()]);
        let keys = self.documents.iter().filter_map(|held| held.key.as_ref());
        keys.filter(|key| known.insert(key.public())).collect()
    }

    /// The RSA keys of documents by terminal, newest first, one a terminal; the meta key when there is none, if it is one of RSA (SEAL-3).
    fn encryption_keys(&self) -> Vec<EncryptionKey> {
        let mut terminals = HashSet::new();
        let mut keys = Vec::new();
        for document in &self.documents {
            let key = document.key.as_ref().filter(|key| encrypts(key));
            if let Some(key) = key.filter(|_| terminals.insert(&document.terminal)) {
                keys.push((document.terminal.clone(), Arc::clone(key)));
            }
        }
        if keys.is_empty() && encrypts(&self.key) {
            keys.push((None, Arc::clone(&self.key)));
        }
        keys
    }

    /// What `document` says, when it is of this account, which is the one at the address of `did`.
    fn prove(&self, document: &Document, now: f64) -> Result<Proved, Refusal> {
        document.judge(self.job(document)?.verify_wire(), now)
    }

    /// The signature of such a document.
    fn job<'a>(&'a self, document: &'a Document) -> Result<Job<'a>, Refusal> {
        if !self.is_of(&document.did) {
            return Err(Refusal::new(
                Code::Mismatch,
                "did: the address is known under another name",
            ));
        }
        Ok(document.job(&self.key))
    }

    /// Whether a newer document is held. Of any terminal: that is not signed, so that an old document could be put under another. No time is older than any.
    fn is_past(&self, document: &Proved) -> bool {
        self.documents.iter().any(|held| document.time < held.time)
    }

    fn holds(&self, document: &Proved) -> bool {
        self.documents.iter().any(|held| held.data == document.data)
    }

    /// Whether a document may be held, by its age (DOC-3).
    fn admits(&self, document: &Proved) -> Verdict {
        if self.is_past(document) && !self.holds(document) {
            return Err(Refusal::new(
                Code::Expired,
                "data: older than a document that is held",
            ));
        }
        Ok(())
    }

    /// This account with one more document (DOC-3).
    fn with(&self, document: Proved) -> Result<Self, Refusal> {
        self.admits(&document)?;
        let mut documents = self.documents.clone();
        if self.holds(&document) {
            // The wrapper is not signed: whoever brought it first may have named another place.
            documents.retain(|held| held.place != document.place || held.time >= document.time);
        } else {
            documents.retain(|held| held.place != document.place);
            documents.insert(0, document);
            documents.sort_by(|a, b| in_order(b.time).total_cmp(&in_order(a.time)));
            documents.truncate(MAX_DOCUMENTS);
        }
        Ok(Self {
            documents,
            ..self.clone()
        })
    }

    /// This account with more documents, added oldest first so that none is refused for another one of them; the verdicts are in the order that was given.
    fn with_all(mut self, documents: Vec<Result<Proved, Refusal>>) -> (Self, Vec<Verdict>) {
        let mut verdicts = vec![Ok(()); documents.len()];
        let mut order: Vec<_> = documents.into_iter().enumerate().collect();
        order.sort_by(|(_, a), (_, b)| {
            let time = |proved: &Result<Proved, _>| {
                in_order(proved.as_ref().ok().and_then(|proved| proved.time))
            };
            time(a).total_cmp(&time(b))
        });
        for (index, proved) in order {
            match proved.and_then(|proved| self.with(proved)) {
                Ok(changed) => self = changed,
                Err(refusal) => verdicts[index] = Err(refusal),
            }
        }
        (self, verdicts)
    }
}

/// Whether messages can be sealed with a key (KEY-10).
fn encrypts(key: &VerifyKey) -> bool {
    key.algorithm() == Algorithm::Rsa
}

/// A time to sort by; none comes before all others.
fn in_order(time: Option<f64>) -> f64 {
    time.unwrap_or(-1.0)
}

/// The store has as many accounts as it may have, and none may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// An account as it lies in a folder: its ID is the seed of the meta and the address.
#[derive(Clone, Debug)]
pub struct Stored<'a> {
    /// The address.
    pub address: &'a str,
    /// The meta, a JSON text.
    pub meta: &'a [u8],
    /// The documents, JSON texts.
    pub documents: Vec<&'a [u8]>,
}

/// What became of a [`Stored`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The verdict on the meta.
    pub meta: Verdict,
    /// The verdicts on the documents, in order; none when the meta was refused.
    pub documents: Vec<Verdict>,
}

/// A stored account with everything checked but the age of its documents among those that are held.
#[derive(Debug)]
pub struct Checked {
    address: Box<str>,
    account: Account,
    documents: Vec<Result<Proved, Refusal>>,
}

/// Checks accounts; this is the long part of loading and touches no store. `now` is in seconds since the epoch.
#[must_use]
pub fn check_all(accounts: &[Stored], now: f64, threads: usize) -> Vec<Result<Checked, Refusal>> {
    pool::map(threads, accounts.len(), 1, |index| {
        check(&accounts[index], now)
    })
}

/// What is held at an address now, and the verdicts on the documents that came.
type Admitted = (Result<Arc<Account>, Refusal>, Vec<Verdict>);

/// Checked accounts by canonical address.
#[derive(Debug)]
pub struct KeyStore {
    accounts: Mutex<LruCache<Box<str>, Arc<Account>>>,
    max_accounts: Option<usize>,
    evict: bool,
}

impl KeyStore {
    /// A store for at most `max_accounts`. When it is full the least recently used account leaves if `evict` says so.
    #[must_use]
    pub fn new(max_accounts: Option<usize>, evict: bool) -> Self {
        Self {
            accounts: Mutex::new(LruCache::unbounded()),
            max_accounts,
            evict,
        }
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The canonical addresses, the least recently used first.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.lock()
            .iter()
            .rev()
            .map(|(address, _)| address.to_string())
            .collect()
    }

    /// Whether there is an account with this canonical address.
    #[must_use]
    pub fn contains(&self, address: &str) -> bool {
        self.lock().contains(address)
    }

    /// Removes an account; `false` when there is none.
    pub fn discard(&self, address: &str) -> bool {
        self.lock().pop(address).is_some()
    }

    /// Adds the account of a meta that matches the ID (META-3). A meta never changes: the first one stays, and one with another key is a mismatch (META-5).
    ///
    /// # Errors
    /// When there is no room.
    pub fn add_meta(&self, identifier: &str, meta: &[u8]) -> Result<Verdict, Full> {
        match meta::check(identifier, meta) {
            Ok((identifier, key)) => {
                let account = Account::new(&identifier, key);
                let (held, _) = self.admit(identifier.address(), account, Vec::new())?;
                Ok(held.map(|_| ()))
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Adds a document to the account that it is of (DOC-1 to DOC-5); `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// The first cause by VERDICT-2.
    pub fn add_document(&self, document: &[u8], now: f64) -> Verdict {
        let document = document::parse(json::text(document)?)?;
        let address = document.did.address();
        let account = self.get(address).ok_or_else(unknown)?;
        let proved = account.prove(&document, now)?;
        self.hold(address, &account, proved)
    }

    /// The verdicts that [`KeyStore::add_document`] would give each document alone (DOC-8); nothing is added.
    #[must_use]
    pub fn verify_documents(&self, documents: &[&[u8]], now: f64, threads: usize) -> Vec<Verdict> {
        let documents = document::parse_batch(documents, threads);
        let accounts = self.owners(&documents);
        judge_documents(&documents, &accounts, now, threads)
    }

    /// The accounts that documents are of, as far as there are any: the short part of [`KeyStore::verify_documents`], and the only one that touches the store.
    #[must_use]
    pub fn owners(&self, documents: &[Result<Document, Refusal>]) -> Vec<Option<Arc<Account>>> {
        let mut accounts = self.lock();
        documents
            .iter()
            .map(|document| {
                let address = document.as_ref().ok()?.did.address();
                accounts.get(address).cloned()
            })
            .collect()
    }

    /// The keys of an ID: those of documents, newest first, then the meta key. None when the address is unknown or known under another name.
    #[must_use]
    pub fn keys_for(&self, identifier: &str) -> Vec<Arc<VerifyKey>> {
        let Some(account) = self.find(identifier) else {
            return Vec::new();
        };
        let keys = account.document_keys().into_iter().chain([&account.key]);
        keys.cloned().collect()
    }

    /// The keys that messages to an ID are sealed with: RSA keys of documents, newest first, one a terminal, or else the meta key if it is one of RSA (SEAL-3). None when the
    /// address is unknown or known under another name.
    #[must_use]
    pub fn encryption_keys(&self, identifier: &str) -> Vec<EncryptionKey> {
        self.find(identifier)
            .map_or_else(Vec::new, |account| account.encryption_keys())
    }

    /// The account of an ID, under its name.
    fn find(&self, identifier: &str) -> Option<Arc<Account>> {
        let identifier = Identifier::parse(identifier)?;
        let account = self.get(identifier.address())?;
        account.is_of(&identifier).then_some(account)
    }

    /// Checks and adds accounts, in order; `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// When there is no room; what came before is in.
    pub fn load(&self, accounts: &[Stored], now: f64, threads: usize) -> Result<Vec<Loaded>, Full> {
        self.admit_all(check_all(accounts, now, threads), |_, _| ())
    }

    /// Adds accounts that were checked, in order; tells `found` what is held at an address then.
    ///
    /// # Errors
    /// When there is no room; what came before is in.
    pub fn admit_all(
        &self,
        checked: Vec<Result<Checked, Refusal>>,
        mut found: impl FnMut(&str, Arc<Account>),
    ) -> Result<Vec<Loaded>, Full> {
        let mut loaded = Vec::with_capacity(checked.len());
        for checked in checked {
            let (meta, documents) = match checked {
                Ok(checked) => {
                    let (held, verdicts) =
                        self.admit(&checked.address, checked.account, checked.documents)?;
                    (held.map(|held| found(&checked.address, held)), verdicts)
                }
                Err(refusal) => (Err(refusal), Vec::new()),
            };
            loaded.push(Loaded { meta, documents });
        }
        Ok(loaded)
    }

    /// Looks up the senders of a batch (MSG-10).
    #[must_use]
    pub fn resolve(self: &Arc<Self>, table: &Table) -> Resolution {
        let mut places = HashMap::new();
        let mut senders = Vec::new();
        let mut accounts = self.lock();
        let of_message = table.items().iter().map(|decoded| {
            let address = decoded.as_ref().ok()?.sender.address();
            Some(*places.entry(address).or_insert_with(|| {
                senders.push(Sender {
                    address: address.into(),
                    account: accounts.get(address).cloned(),
                });
                senders.len() - 1
            }))
        });
        let of_message = of_message.collect();
        drop(accounts);
        Resolution {
            store: Arc::clone(self),
            senders: RwLock::new(senders),
            of_message,
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Box<str>, Arc<Account>>> {
        // Nothing panics half-way through a change, so a poisoned lock guards sound data.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, address: &str) -> Option<Arc<Account>> {
        self.lock().get(address).cloned()
    }

    /// Adds an account with its documents, or its documents to the account that is there: in one step, so that nothing can leave in between.
    fn admit(
        &self,
        address: &str,
        account: Account,
        documents: Vec<Result<Proved, Refusal>>,
    ) -> Result<Admitted, Full> {
        let mut accounts = self.lock();
        let held = accounts.get(address).cloned();
        let account = match held {
            Some(held) if held.key.public() != account.key.public() => {
                let refusal = Refusal::new(Code::Mismatch, "meta: another key is held for the ID");
                return Ok((Err(refusal), Vec::new()));
            }
            Some(held) => Account::clone(&held),
            None if self.max_accounts.is_some_and(|most| accounts.len() >= most) => {
                if !self.evict {
                    return Err(Full);
                }
                accounts.pop_lru();
                account
            }
            None => account,
        };
        let (account, verdicts) = account.with_all(documents);
        let account = Arc::new(account);
        accounts.put(address.into(), Arc::clone(&account));
        Ok((Ok(account), verdicts))
    }

    /// Adds a document that was proved with the key of `account` to what the store has at `address` by now.
    fn hold(&self, address: &str, account: &Account, document: Proved) -> Verdict {
        let mut accounts = self.lock();
        match accounts.peek_mut(address) {
            Some(held) if held.key.public() == account.key.public() => {
                *held = Arc::new(held.with(document)?);
                Ok(())
            }
            // It has left in the meantime, or another has come.
            _ => Ok(()),
        }
    }
}

/// The verdicts on documents by the accounts that [`KeyStore::owners`] found.
///
/// # Panics
/// When there are not as many accounts as documents.
#[must_use]
pub fn judge_documents(
    documents: &[Result<Document, Refusal>],
    accounts: &[Option<Arc<Account>>],
    now: f64,
    threads: usize,
) -> Vec<Verdict> {
    assert_eq!(documents.len(), accounts.len(), "a place for each document");
    let jobs: Vec<Result<Job<'_>, Refusal>> = documents
        .iter()
        .zip(accounts)
        .map(|(document, account)| {
            let document = document.as_ref().map_err(Refusal::clone)?;
            account.as_ref().ok_or_else(unknown)?.job(document)
        })
        .collect();
    let batch: Vec<Job<'_>> = jobs
        .iter()
        .map(|job| job.as_ref().copied().unwrap_or(Job::NONE))
        .collect();
    let codes = verify::verify_batch_wire(&batch, threads);
    pool::map(threads, documents.len(), GRAIN, |index| {
        jobs[index].as_ref().map_err(Refusal::clone)?;
        let (Ok(document), Some(account)) = (&documents[index], &accounts[index]) else {
            return Err(unknown());
        };
        account.admits(&document.judge(codes[index], now)?)
    })
}

fn unknown() -> Refusal {
    Refusal::new(Code::UnknownSender, "did: no checked meta")
}

fn check(stored: &Stored, now: f64) -> Result<Checked, Refusal> {
    let meta = meta::parse(json::text(stored.meta)?)?;
    let identifier = Identifier::of_account(meta.seed(), stored.address)
        .ok_or_else(|| Refusal::new(Code::BadAddress, "ID: seed and address make none"))?;
    let account = Account::new(&identifier, meta.prove(&identifier)?);
    let prove = |text: &&[u8]| {
        let document = document::parse(json::text(text)?)?;
        if document.did.address() != identifier.address() {
            return Err(Refusal::new(Code::Mismatch, "did: another ID"));
        }
        account.prove(&document, now)
    };
    let documents = stored.documents.iter().map(prove).collect();
    Ok(Checked {
        address: identifier.address().into(),
        account,
        documents,
    })
}

/// A sender of a batch, and its account if there is one.
#[derive(Debug)]
struct Sender {
    address: Box<str>,
    account: Option<Arc<Account>>,
}

/// The senders of one batch, held on to: eviction never hurts a batch in flight.
///
/// Its methods are given the batch again: the table that was resolved, and the frames that the table was decoded from.
#[derive(Debug)]
pub struct Resolution {
    store: Arc<KeyStore>,
    senders: RwLock<Vec<Sender>>,
    /// Which of the senders sent each message; `None` for what is no message.
    of_message: Vec<Option<usize>>,
}

impl Resolution {
    /// The canonical addresses of senders that have no account, each once.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let senders = self.senders.read().unwrap_or_else(PoisonError::into_inner);
        let missing = senders.iter().filter(|sender| sender.account.is_none());
        missing.map(|sender| sender.address.to_string()).collect()
    }

    /// Loads accounts into the store and into this resolution.
    ///
    /// # Errors
    /// When there is no room in the store.
    pub fn load(&self, accounts: &[Stored], now: f64, threads: usize) -> Result<Vec<Loaded>, Full> {
        self.admit_all(check_all(accounts, now, threads))
    }

    /// Adds accounts that were checked to the store and to this resolution.
    ///
    /// # Errors
    /// When there is no room in the store.
    pub fn admit_all(&self, checked: Vec<Result<Checked, Refusal>>) -> Result<Vec<Loaded>, Full> {
        let mut found = HashMap::new();
        let loaded = self.store.admit_all(checked, |address, account| {
            found.insert(address.to_owned(), account);
        });
        let mut senders = self.senders.write().unwrap_or_else(PoisonError::into_inner);
        for sender in senders.iter_mut() {
            if let Some(account) = found.remove(&*sender.address) {
                sender.account = Some(account);
            }
        }
        loaded
    }

    /// The verdicts on the messages (MSG-6 to MSG-8); what is no message keeps the refusal that it has.
    #[must_use]
    pub fn verify(
        &self,
        table: &Table,
        frames: &[&[u8]],
        now: f64,
        threads: usize,
    ) -> Vec<Verdict> {
        let accounts: Vec<Option<Arc<Account>>> = self.accounts();
        let batch = Batch {
            table,
            frames,
            accounts: self
                .of_message
                .iter()
                .map(|&sender| accounts[sender?].as_deref())
                .collect(),
            now,
        };
        // Nearly every message is signed with the meta key of its sender, so these go first, all in one batch.
        let codes = verify::verify_batch_wire(&batch.jobs(), threads);
        pool::map(threads, table.items().len(), GRAIN, |index| {
            batch.judge(index, codes[index])
        })
    }

    /// The messages with code 0 that bring a meta or a visa, in order (MSG-9), and what is held of
    /// their senders.
    #[must_use]
    pub fn lessons(&self, table: &Table, codes: &[u8]) -> Vec<Lesson> {
        let brings = |index: usize, code: u8| {
            let message = table.items()[index].as_ref().ok()?;
            let attaches = message.meta.is_some() || message.visa.is_some();
            (code == 0 && attaches).then(|| Lesson {
                index,
                held: self.store.get(message.sender.address()),
                attached: None,
                document: None,
            })
        };
        let codes = codes.iter().enumerate();
        codes
            .filter_map(|(index, &code)| brings(index, code))
            .collect()
    }

    /// Adds what was proved to the store, in order. What does not fit in is left out.
    pub fn learn(&self, table: &Table, lessons: Vec<Lesson>) {
        for lesson in lessons {
            let Ok(message) = &table.items()[lesson.index] else {
                continue;
            };
            let address = message.sender.address();
            let admitted = lesson.attached.and_then(|account| {
                let admitted = self.store.admit(address, account, Vec::new()).ok();
                admitted.and_then(|(held, _)| held.ok())
            });
            let account = lesson.held.or(admitted);
            if let (Some(account), Some(document)) = (account, lesson.document) {
                // One that is older than what is held is not news.
                let _ = self.store.hold(address, &account, document);
            }
        }
    }

    fn accounts(&self) -> Vec<Option<Arc<Account>>> {
        let senders = self.senders.read().unwrap_or_else(PoisonError::into_inner);
        senders
            .iter()
            .map(|sender| sender.account.clone())
            .collect()
    }
}

/// What an accepted message brings beside its content.
pub struct Lesson {
    /// Which message.
    index: usize,
    /// Its sender, as far as the store knows.
    held: Option<Arc<Account>>,
    /// Its sender by the attached meta, where the store knows nobody.
    attached: Option<Account>,
    /// The attached visa, verified.
    document: Option<Proved>,
}

/// Proves what messages bring; takes no lock.
#[must_use]
pub fn prove_lessons(
    table: &Table,
    frames: &[&[u8]],
    lessons: Vec<Lesson>,
    now: f64,
    threads: usize,
) -> Vec<Lesson> {
    let proved = pool::map(threads, lessons.len(), GRAIN, |at| {
        let lesson = &lessons[at];
        let message = table.items()[lesson.index].as_ref().ok()?;
        let frame = frames[lesson.index];
        let attached = match lesson.held {
            Some(_) => None,
            None => Some(attached_account(message, frame).ok()?),
        };
        let account = lesson.held.as_deref().or(attached.as_ref())?;
        let document = attached_document(message, frame, account, now);
        Some((attached, document))
    });
    let lessons = lessons.into_iter().zip(proved);
    lessons
        .filter_map(|(lesson, proved)| {
            let (attached, document) = proved?;
            Some(Lesson {
                attached,
                document,
                ..lesson
            })
        })
        .collect()
}

/// Everything that the verdicts of a batch hang on.
struct Batch<'a> {
    table: &'a Table,
    frames: &'a [&'a [u8]],
    accounts: Vec<Option<&'a Account>>,
    now: f64,
}

impl Batch<'_> {
    /// Each message with the meta key of its sender, if that has an account.
    fn jobs(&self) -> Vec<Job<'_>> {
        let accounts = self.accounts.iter();
        let items = self.table.items().iter().zip(accounts);
        let jobs = items.map(|(decoded, account)| match decoded {
            Ok(message) => Job {
                key: account
                    .filter(|account| account.is_of(&message.sender))
                    .map(|account| &*account.key),
                message: self.table.data(message),
                signature: self.table.signature(message),
            },
            Err(_) => Job::NONE,
        });
        jobs.collect()
    }

    /// The verdict on one message; `code` is what the meta key of its account said of it.
    fn judge(&self, index: usize, code: Code) -> Verdict {
        let message = self.table.items()[index].as_ref().map_err(Refusal::clone)?;
        let frame = self.frames[index];
        match self.accounts[index] {
            Some(account) if account.is_of(&message.sender) => {
                self.judge_by(account, code, message, frame)
            }
            Some(_) => Err(Refusal::new(
                Code::Mismatch,
                "sender: the address is known under another name",
            )),
            None => {
                let account = attached_account(message, frame)?;
                let code = self.verify(&account.key, message);
                self.judge_by(&account, code, message, frame)
            }
        }
    }

    fn verify(&self, key: &VerifyKey, message: &Message) -> Code {
        key.verify_wire(self.table.data(message), self.table.signature(message))
    }

    /// The same, once there is an account (MSG-6).
    fn judge_by(&self, account: &Account, code: Code, message: &Message, frame: &[u8]) -> Verdict {
        let verifies = |key: &VerifyKey| self.verify(key, message) == Code::Ok;
        let attached = || attached_document(message, frame, account, self.now)?.key;
        if code == Code::Ok
            || account.document_keys().into_iter().any(|key| verifies(key))
            || attached().is_some_and(|key| verifies(&key))
        {
            return Ok(());
        }
        Err(match code {
            Code::BadSignature => {
                Refusal::new(code, "signature: not made over data by a key of the sender")
            }
            _ => Refusal::new(code, "signature: cannot be a signature of the sender's key"),
        })
    }
}

/// The account that the attached meta proves (MSG-8).
fn attached_account(message: &Message, frame: &[u8]) -> Result<Account, Refusal> {
    let meta = message
        .meta
        .as_ref()
        .ok_or_else(|| Refusal::new(Code::UnknownSender, "sender: no checked key"))?;
    let key = attachment(frame, meta)
        .and_then(meta::parse)
        .and_then(|meta| meta.prove(&message.sender))
        .map_err(|refusal| {
            Refusal::new(
                Code::Mismatch,
                format!("meta: not proved to be the sender's: {}", refusal.reason),
            )
        })?;
    Ok(Account::new(&message.sender, key))
}

/// What the attached visa says, if it is one of the sender that verifies (MSG-8).
fn attached_document(
    message: &Message,
    frame: &[u8],
    account: &Account,
    now: f64,
) -> Option<Proved> {
    let text = attachment(frame, message.visa.as_ref()?).ok()?;
    let document = document::parse(text).ok()?;
    if document.did.address() != message.sender.address() {
        return None;
    }
    let proved = account.prove(&document, now).ok()?;
    (!account.is_past(&proved)).then_some(proved)
}

fn attachment<'a>(frame: &'a [u8], place: &Range<usize>) -> Result<&'a str, Refusal> {
    json::text(&frame[place.clone()])
}
