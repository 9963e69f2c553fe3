using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Tests.Identity;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class AccountVerbTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-account-").FullName;
    private readonly CliWorld _world = new(null);

    private string Data => Path.Combine(_root, "data");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Whoever_runs_the_server_can_let_the_last_owner_in_again()
    {
        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        await WithDataAsync(async tx =>
        {
            var person = await new AccountStore().MemberAsync(tx, 1, "ana@acme.test", "ana", Role.Owner, "hash", DateTimeOffset.UnixEpoch);
            await tx.ExecuteAsync("UPDATE person SET totp_secret = 'sealed:1:x', totp_confirmed_at = 1, totp_last_step = 1 WHERE id = @id", ("id", person));
            await tx.ExecuteAsync("INSERT INTO recovery_code (person_id, code_hash) VALUES (@id, @hash)", ("id", person), ("hash", new byte[32]));
            await new AccountStore().BeginSessionAsync(tx, 1, person, new(LoginFacts.Web, "password", "", ""), DateTimeOffset.UnixEpoch, TimeSpan.FromDays(1));
        });

        var missing = await _world.RunAsync("account", "reset-factors", "nobody@acme.test", "--data", Data);
        var done = await _world.RunAsync("account", "reset-factors", "Ana@acme.test", "--data", Data);

        Assert.Equal((4, 0), (missing.ExitCode, done.ExitCode));
        await WithDataAsync(async tx =>
        {
            Assert.Equal(0, await tx.ScalarAsync("SELECT COUNT(*) FROM person WHERE totp_secret IS NOT NULL"));
            Assert.Equal(0, await tx.ScalarAsync("SELECT (SELECT COUNT(*) FROM recovery_code) + (SELECT COUNT(*) FROM login)"));
            Assert.Equal(1, await tx.ScalarAsync("SELECT COUNT(*) FROM audit WHERE action = 'factor.reset' AND actor = 'operator'"));
        });
    }

    [Fact]
    public async Task An_account_is_disabled_everywhere_and_enabled_again_but_not_that_of_the_last_owner()
    {
        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        await WithDataAsync(async tx =>
        {
            var accounts = new AccountStore();
            await accounts.MemberAsync(tx, 1, "ana@acme.test", "ana", Role.Owner);
            var bo = await accounts.MemberAsync(tx, 1, "bo@acme.test", "bo", Role.Responder);
            await accounts.BeginSessionAsync(tx, 1, bo, new(LoginFacts.Web, "password", "", ""), DateTimeOffset.UnixEpoch, TimeSpan.FromDays(1));
        });

        var last = await _world.RunAsync("account", "disable", "ana@acme.test", "--data", Data);
        var done = await _world.RunAsync("account", "disable", "Bo@acme.test", "--data", Data);
        var twice = await _world.RunAsync("account", "disable", "bo@acme.test", "--data", Data);

        Assert.Equal((4, 0, 0), (last.ExitCode, done.ExitCode, twice.ExitCode));
        Assert.Contains("ana is the last owner of default: make somebody else an owner first", last.Error, StringComparison.Ordinal);
        Assert.Contains("Bo@acme.test is disabled; sessions ended: 1", done.Error, StringComparison.Ordinal);
        await WithDataAsync(async tx =>
        {
            Assert.Equal(["bo"], await AccountStore.OutAsync(tx, 1));
            Assert.Equal(0, await tx.ScalarAsync("SELECT COUNT(*) FROM login"));
            Assert.Equal(1, await tx.ScalarAsync("SELECT COUNT(*) FROM audit WHERE action = 'account.disabled' AND actor = 'operator' AND subject = 'member/bo'"));
            Assert.Equal(1, await tx.ScalarAsync("SELECT revision FROM workspace WHERE id = 1"));
        });

        var back = await _world.RunAsync("account", "enable", "bo@acme.test", "--data", Data);
        Assert.Equal(0, back.ExitCode);
        await WithDataAsync(async tx =>
        {
            Assert.Empty(await AccountStore.OutAsync(tx, 1));
            Assert.Equal(1, await tx.ScalarAsync("SELECT COUNT(*) FROM audit WHERE action = 'account.enabled'"));
        });
    }

    private async Task WithDataAsync(Func<Tx, Task> work)
    {
        await using var database = new Tocsin.Cli.StoreLocation(Data, null).Open();
        await database.WriteAsync(work, default);
    }
}
