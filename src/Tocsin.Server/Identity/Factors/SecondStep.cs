using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>The second half of a login.</summary>
internal sealed class SecondStep(Database database, AccountStore accounts, FactorCheck check, SignIn signIn)
{
    /// <summary>As below, for an address whose password was right in this very request.</summary>
    /// <exception cref="InvalidOperationException">Nobody has the address any more.</exception>
    public async Task<Result<SignedIn>> FinishAsync(string email, string code, LoginFacts facts, string? workspace, CancellationToken ct)
    {
        var person = await database.ReadAsync(session => accounts.FindPersonAsync(session, email), ct) ?? throw new InvalidOperationException("Who just logged in is gone.");
        return await FinishAsync(person, code, facts, workspace, ct);
    }

    /// <summary>Checks a code and begins the session that the first proof alone did not.</summary>
    /// <param name="facts">With the first proof.</param>
    /// <param name="workspace">The name of the one to look at; null: that of last time.</param>
    public async Task<Result<SignedIn>> FinishAsync(PersonRow person, string code, LoginFacts facts, string? workspace, CancellationToken ct)
    {
        var factor = await check.CheckAsync(person, code, facts.Address, ct);
        return factor.Ok
            ? await database.WriteAsync(tx => signIn.ProvedAsync(tx, person, facts with { Proof = $"{facts.Proof}+{factor.Value}" }, workspace), ct)
            : factor.Error;
    }
}
