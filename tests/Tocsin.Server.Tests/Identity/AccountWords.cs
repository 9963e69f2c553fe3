using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Tests.Identity;

/// <summary>Accounts in the words of the tests.</summary>
internal static class AccountWords
{
    /// <summary>Somebody with that address as a member with that role; a person or a membership that is there already is used.</summary>
    /// <returns>The person's id.</returns>
    public static async Task<long> MemberAsync(
        this AccountStore accounts, Tx tx, long workspace, string email, string userName, Role role, string? passwordHash = null, DateTimeOffset? now = null)
    {
        var at = now ?? DateTimeOffset.UtcNow;
        var person = await accounts.NewPersonAsync(tx, email, passwordHash, emailProved: true, at) ?? (await accounts.FindPersonAsync(tx, email))!.Id;
        await accounts.JoinAsync(tx, workspace, person, userName, role, at);
        return person;
    }
}
