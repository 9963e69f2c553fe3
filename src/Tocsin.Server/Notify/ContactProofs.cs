using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>Keeps which contact methods are known to reach their person, and since when.</summary>
internal sealed class ContactProofs(NotifierRegistry notifiers, EventLog log)
{
    public const string Confirmed = "contact.confirmed";
    public const string ByPage = "page";
    public const string ByTest = "test";

    /// <summary>
    /// Stands for whom or what a method reaches: 22 characters. What belongs to the app behind it, or says what comes by it, does not count, so that a new
    /// token of a bot makes nobody unreachable.
    /// </summary>
    public string AddressOf(ContactMethod method)
    {
        var apart = notifiers.Find(method.Type)?.Info.Settings.Where(s => s.App || s.Key is ProviderSetting.FromKey or "updates").Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        var text = new StringBuilder(method.Type);
        foreach (var (key, value) in method.Settings.Where(s => apart?.Contains(s.Key) != true).OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            text.Append('\0').Append(key).Append('\0').Append(value);
        }

        return Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }

    /// <summary>Whether a method rings a telephone.</summary>
    public bool Rings(ContactMethod method) => notifiers.Find(method.Type)?.Info.Rings == true;

    public async Task<ProofBook> ReadAsync(Session session, long workspace) => new(
        (await session.QueryAsync(
            "SELECT user_name, method, address, answered_at, answered_by, asked_at FROM contact_proof WHERE workspace_id = @workspace",
            static row => new ContactProof(row.GetString(0), row.GetString(1), row.GetString(2), row.NullableInstant(3), row.NullableString(4), row.NullableInstant(5)),
            ("workspace", workspace)))
        .ToFrozenDictionary(p => (p.User, p.Method)), this);

    /// <summary>A test that asks to be answered was taken by the provider.</summary>
    public static Task AskedAsync(Tx tx, long workspace, PageRow test, DateTimeOffset now) => test.Facts.Address is not { } address ? Task.CompletedTask : tx.ExecuteAsync(
        """
        INSERT INTO contact_proof (workspace_id, user_name, method, address, asked_at) VALUES (@workspace, @user, @method, @address, @now)
        ON CONFLICT (workspace_id, user_name, method) DO UPDATE SET
            answered_at = CASE WHEN contact_proof.address = excluded.address THEN contact_proof.answered_at ELSE NULL END,
            answered_by = CASE WHEN contact_proof.address = excluded.address THEN contact_proof.answered_by ELSE NULL END,
            address = excluded.address, asked_at = excluded.asked_at
        """,
        ("workspace", workspace), ("user", test.Recipient), ("method", test.Method), ("address", address), ("now", now.ToMicros()));

    /// <summary>Somebody answered a page or test: whatever it came by reaches them, if it still is what it was.</summary>
    public async Task AnsweredAsync(Tx tx, EstateSnapshot estate, PageRow page, DateTimeOffset now)
    {
        if (page is { RecipientKind: Escalation.RecipientKind.User, Facts.Address: { } address }
            && PagePlanner.MethodOf(estate, page.RecipientKind, page.Recipient, page.Method) is { } method && AddressOf(method) == address)
        {
            await ProveAsync(tx, estate.Workspace, page.Recipient, method, page.Kind == MessageKind.SelfTest ? ByTest : ByPage, now);
        }
    }

    /// <summary>Somebody says that a device of theirs rang: all their methods of that kind do.</summary>
    /// <param name="type">The provider's id.</param>
    public async Task RangAsync(Tx tx, EstateSnapshot estate, string user, string type, DateTimeOffset now)
    {
        foreach (var method in estate.Model.Users.GetValueOrDefault(user)?.Contact.Where(c => c.Type == type) ?? [])
        {
            await ProveAsync(tx, estate.Workspace, user, method, ByTest, now);
        }
    }

    private async Task ProveAsync(Tx tx, long workspace, string user, ContactMethod method, string by, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            """
            INSERT INTO contact_proof (workspace_id, user_name, method, address, answered_at, answered_by) VALUES (@workspace, @user, @method, @address, @now, @by)
            ON CONFLICT (workspace_id, user_name, method) DO UPDATE SET
                asked_at = CASE WHEN contact_proof.address = excluded.address THEN contact_proof.asked_at ELSE NULL END,
                address = excluded.address, answered_at = excluded.answered_at, answered_by = excluded.answered_by
            """,
            ("workspace", workspace), ("user", user), ("method", method.Name), ("address", AddressOf(method)), ("now", now.ToMicros()), ("by", by));
        await log.AppendAsync(tx, workspace, now, [new(Confirmed, ContactTester.SubjectOf(user, method.Name), $"user:{user}", $"{method.Name} reaches {user}: a {by} was answered")]);
    }
}

/// <summary>What was known of all contact methods of a workspace at one instant.</summary>
internal sealed class ProofBook(FrozenDictionary<(string User, string Method), ContactProof> proofs, ContactProofs rules)
{
    /// <returns>Null: nothing is known of what the method reaches now.</returns>
    public ContactProof? Of(string user, ContactMethod method) =>
        proofs.GetValueOrDefault((user, method.Name)) is { } proof && proof.Address == rules.AddressOf(method) ? proof : null;

    public ProofState StateOf(string user, ContactMethod method, DateTimeOffset now) => Of(user, method)?.StateAt(now) ?? ProofState.Never;

    public bool Rings(ContactMethod method) => rules.Rings(method);

    /// <summary>When anything of this person was answered last; null: never.</summary>
    public DateTimeOffset? LastAnswer(Person person) => person.Contact.Max(method => Of(person.Name, method)?.AnsweredAt);

    /// <summary>Whether any method of the person is known to reach them.</summary>
    public bool IsReached(Person person, DateTimeOffset now) => person.Contact.Any(method => StateOf(person.Name, method, now) == ProofState.Good);

    /// <summary>Whether any method that rings a telephone is known to reach them.</summary>
    public bool IsReachedByPhone(Person person, DateTimeOffset now) => person.Contact.Any(method => Rings(method) && StateOf(person.Name, method, now) == ProofState.Good);
}
