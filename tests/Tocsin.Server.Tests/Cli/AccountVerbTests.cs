using Tocsin.Data;
using Tocsin.Identity;
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
            var person = await new AccountStore().SaveAsync(tx, 1, "ana@acme.test", "ana", Role.Owner, "hash", DateTimeOffset.UnixEpoch);
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

    private async Task WithDataAsync(Func<Tx, Task> work)
    {
        await using var database = new Tocsin.Cli.StoreLocation(Data, null).Open();
        await database.WriteAsync(work, default);
    }
}
