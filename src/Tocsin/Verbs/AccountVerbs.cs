using System.CommandLine;
using Tocsin.Audit;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Verbs;

/// <summary>Accounts, on the data itself: for whoever runs the server, when nobody else can help any more.</summary>
internal static class AccountVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("account", "Accounts, mended where the data is");
        verb.Subcommands.Add(ResetFactors(terminal));
        verb.Subcommands.Add(Disable(terminal));
        verb.Subcommands.Add(Enable(terminal));
        return verb;
    }

    private static Command ResetFactors(Terminal terminal) => OnAccount(
        terminal, "reset-factors", "Take the authenticator app, passkeys and recovery codes from somebody who has lost them; his sessions end and his password is enough again",
        async (tx, accounts, person, typed) =>
        {
            await FactorReset.ResetAsync(tx, accounts, new AuditStore(), person.Id, "operator", terminal.Now);
            return $"{typed} signs in with the password alone now; all sessions are ended";
        });

    private static Command Disable(Terminal terminal) => OnAccount(
        terminal, "disable", "Keep somebody out of every workspace: sessions end, own keys are refused within five seconds, nobody pages him; `enable` takes it back",
        async (tx, accounts, person, typed) =>
        {
            var ended = await AccountSwitch.DisableAsync(tx, accounts, new AuditStore(), person, terminal.Now);
            return ended.Ok ? $"{typed} is disabled; sessions ended: {ended.Value}" : throw new CliException(ExitCode.Refused, ended.Error.Detail);
        });

    private static Command Enable(Terminal terminal) => OnAccount(
        terminal, "enable", "Let somebody in again who was disabled",
        async (tx, accounts, person, typed) =>
        {
            await AccountSwitch.EnableAsync(tx, accounts, new AuditStore(), person, terminal.Now);
            return $"{typed} is enabled";
        });

    /// <param name="act">What is done, with the account and its address; answers what is said.</param>
    private static Command OnAccount(Terminal terminal, string name, string description, Func<Tx, AccountStore, PersonRow, string, Task<string>> act)
    {
        var store = new LocalStore();
        var email = new Argument<string>("EMAIL") { Description = "The account's address" };
        var verb = new Command(name, description) { email, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var location = store.Find(parse);
            await location.RequireAsync(ct);
            await using var database = await location.OpenMigratedAsync(terminal.Now, ct);
            var accounts = new AccountStore();
            var typed = parse.GetValue(email)!;
            var said = await database.WriteAsync(
                async tx =>
                {
                    var person = await accounts.FindPersonAsync(tx, typed) ?? throw new CliException(ExitCode.Refused, $"there is no account with the address '{Plain.Line(typed)}'");
                    return await act(tx, accounts, person, Plain.Line(typed));
                },
                ct);
            terminal.Error.WriteLine(said);
            return ExitCode.Ok;
        });
        return verb;
    }
}
