using System.Collections.Frozen;
using Tocsin.Data;
using Tocsin.Estate;

namespace Tocsin.Notify;

/// <summary>A person's account in another system, as they linked it themselves.</summary>
/// <param name="Source">The reply source's id: telegram.</param>
internal sealed record LinkedAccount(string Source, string User, string Account);

/// <summary>Accounts that people linked by a code. They fill in what the person's contact methods of that type leave out.</summary>
internal static class LinkedAccounts
{
    /// <summary>The setting of a contact method that a linked account is.</summary>
    private static readonly FrozenDictionary<string, string> _settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["telegram"] = "chat_id" }.ToFrozenDictionary();

    public static Task<List<LinkedAccount>> ListAsync(Session session, long workspace) => session.QueryAsync(
        "SELECT source, user_name, account FROM linked_account WHERE workspace_id = @workspace",
        static row => new LinkedAccount(row.GetString(0), row.GetString(1), row.GetString(2)), ("workspace", workspace));

    /// <summary>Links an account to a person; the one they had before, and whoever had it before, lose it.</summary>
    public static async Task SaveAsync(Tx tx, long workspace, LinkedAccount link, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            "DELETE FROM linked_account WHERE workspace_id = @workspace AND source = @source AND account = @account",
            ("workspace", workspace), ("source", link.Source), ("account", link.Account));
        await tx.ExecuteAsync(
            """
            INSERT INTO linked_account (workspace_id, source, user_name, account, linked_at) VALUES (@workspace, @source, @user, @account, @now)
            ON CONFLICT (workspace_id, source, user_name) DO UPDATE SET account = excluded.account, linked_at = excluded.linked_at
            """,
            ("workspace", workspace), ("source", link.Source), ("user", link.User), ("account", link.Account), ("now", now.ToMicros()));
        await tx.ExecuteAsync("UPDATE workspace SET revision = revision + 1 WHERE id = @workspace", ("workspace", workspace));
    }

    /// <summary>The model with the linked accounts where contact methods name none.</summary>
    public static EstateModel Fill(EstateModel model, IReadOnlyList<LinkedAccount> links) => links.Count == 0
        ? model
        : model with { Users = model.Users.Values.Select(user => Fill(user, links)).ToFrozenDictionary(user => user.Name, StringComparer.Ordinal) };

    private static Person Fill(Person user, IReadOnlyList<LinkedAccount> links)
    {
        var own = links.Where(link => link.User == user.Name).ToArray();
        return own.Length == 0 ? user : user with { Contact = [.. user.Contact.Select(method => Fill(method, own))] };
    }

    private static ContactMethod Fill(ContactMethod method, LinkedAccount[] own) =>
        _settings.TryGetValue(method.Type, out var key) && !method.Settings.ContainsKey(key) && Array.Find(own, link => link.Source == method.Type) is { } link
            ? method with { Settings = method.Settings.Append(KeyValuePair.Create(key, link.Account)).ToFrozenDictionary(StringComparer.Ordinal) }
            : method;
}
