using System.CommandLine;
using Tocsin.Audit;
using Tocsin.Cli;
using Tocsin.Identity;

namespace Tocsin.Verbs;

/// <summary>Accounts, on the data itself: for whoever runs the server, when nobody else can help any more.</summary>
internal static class AccountVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("account", "Accounts, mended where the data is");
        verb.Subcommands.Add(ResetFactors(terminal));
        return verb;
    }

    private static Command ResetFactors(Terminal terminal)
    {
        var store = new LocalStore();
        var email = new Argument<string>("EMAIL") { Description = "The account's address" };
        var verb = new Command("reset-factors", "Take the authenticator app, passkeys and recovery codes from somebody who has lost them; his sessions end and his password is enough again")
        {
            email, store.Data, store.Database,
        };
        verb.SetAction(async (parse, ct) =>
        {
            var location = store.Find(parse);
            await location.RequireAsync(ct);
            await using var database = await location.OpenMigratedAsync(terminal.Now, ct);
            var accounts = new AccountStore();
            var typed = parse.GetValue(email)!;
            await database.WriteAsync(
                async tx =>
                {
                    var person = await accounts.FindPersonAsync(tx, typed) ?? throw new CliException(ExitCode.Refused, $"there is no account with the address '{Plain.Line(typed)}'");
                    await FactorReset.ResetAsync(tx, accounts, new AuditStore(), person.Id, "operator", terminal.Now);
                },
                ct);
            terminal.Error.WriteLine($"{Plain.Line(typed)} signs in with the password alone now; all sessions are ended");
            return ExitCode.Ok;
        });
        return verb;
    }
}
