using System.Diagnostics;
using Tocsin.Crash;
using Tocsin.Load;

// Kills the product again and again while alerts, log lines and samples come in, and checks that nothing that it answered for was lost or said twice.
if (Options.Parse(args) is not { } options)
{
    Console.Error.WriteLine("usage: tocsin-crash --program PATH [--database ADDRESS] [--rounds N] [--seed N] [--rate ALERTS-A-SECOND] [--freeze]");
    return 2;
}

// A lease is 15 s long; the rest is for a busy machine. What is lost does not come later.
var catchUp = TimeSpan.FromMinutes(3);
var random = new Random(options.Seed);
var ledger = new Ledger();
var folder = Directory.CreateTempSubdirectory("tocsin-crash-");
using var receiver = new PageReceiver(ledger.Take);
var senders = new Senders(ledger, options.Seed, options.AlertsPerSecond);
var tellers = new Tellers(options.Seed);
var product = new Product(options, folder, receiver.Url);
product.WriteEstate();
var (killedStarting, killedWorking) = (0, 0);
try
{
    if (options.Freeze)
    {
        return await FreezeAsync();
    }

    for (var life = 0; life < options.Rounds; life++)
    {
        await using var server = product.Start();
        if (life > 0 && random.Next(5) == 0)
        {
            // Dying while it recovers from the last death must be as harmless.
            await Task.Delay(random.Next(20, 600));
            killedStarting++;
        }
        else
        {
            await Product.ReadyAsync(server);
            using var stop = new CancellationTokenSource();
            var sending = Task.WhenAll(senders.RunAsync(server, life, stop.Token), tellers.RunAsync(server, product.Key, life, stop.Token));
            await Task.Delay(random.Next(50, 2500));
            await server.KillAsync();
            await stop.CancelAsync();
            await sending;
            killedWorking++;
        }

        await server.KillAsync();
        await receiver.DrainAsync();
        ledger.NextLife();
    }

    await using var last = product.Start();
    await Product.ReadyAsync(last);
    return await JudgeAsync(last);
}
finally
{
    folder.Delete(recursive: true);
}

// Two nodes on one database, of which one stands still beyond its leases while alerts come in at both, and goes on.
async Task<int> FreezeAsync()
{
    await using var first = product.Start();
    await Product.ReadyAsync(first);
    await using var second = product.Start(1);
    await Product.ReadyAsync(second);
    for (var round = 0; round < options.Rounds; round++)
    {
        var still = random.Next(2) == 0 ? first : second;
        using var stop = new CancellationTokenSource();
        var sending = Task.WhenAll(
            senders.RunAsync(first, 2 * round, stop.Token), senders.RunAsync(second, (2 * round) + 1, stop.Token),
            tellers.RunAsync(first, product.Key, 2 * round, stop.Token), tellers.RunAsync(second, product.Key, (2 * round) + 1, stop.Token));
        await Task.Delay(random.Next(500, 2500));
        await still.PauseAsync();

        // What it wrote before is read by now; its leases are not over yet.
        await Task.Delay(1000);
        ledger.NextLife();
        await Task.Delay(random.Next(16_000, 22_000));
        await still.ResumeAsync();

        // What it had asked for at the door before is sent now.
        await Task.Delay(3000);
        ledger.NextLife();
        await Task.Delay(random.Next(500, 2500));
        await stop.CancelAsync();
        await sending;
    }

    return await JudgeAsync(first);
}

async Task<int> JudgeAsync(ServerProcess server)
{
    var clock = Stopwatch.StartNew();
    var pages = await product.ListAsync(server, "api/v1/pages");
    while ((Verdict.Unheard(ledger) > 0 || Verdict.Queued(pages).Count > 0) && clock.Elapsed < catchUp)
    {
        await Task.Delay(100);
        pages = await product.ListAsync(server, "api/v1/pages");
    }

    var caughtUp = clock.Elapsed;
    var (alerts, incidents) = (await product.ListAsync(server, "api/v1/alerts"), await product.ListAsync(server, "api/v1/incidents"));
    return Report([.. Verdict.Of(ledger, alerts, incidents, pages, options.Freeze), .. await tellers.JudgeAsync(server, product.Key)], caughtUp);
}

int Report(IReadOnlyList<(string Promise, IReadOnlyList<string> Broken)> verdict, TimeSpan caughtUp)
{
    var keys = ledger.Pages.GroupBy(p => p.Page.Key).ToArray();
    Console.WriteLine($"{options.Engine}, seed {options.Seed}");
    Console.WriteLine(options.Freeze
        ? $"  stood still          {options.Rounds,8}  (17 to 23 s each, one of two nodes)"
        : $"  killed               {options.Rounds,8}  ({killedWorking} under load, {killedStarting} while starting)");
    Console.WriteLine($"  alerts sent          {senders.Sent,8}");
    Console.WriteLine($"  answered with 2xx    {ledger.Acknowledged.Count,8}");
    Console.WriteLine($"  pages received       {ledger.Pages.Count,8}");
    Console.WriteLine($"  said again           {keys.Count(g => g.Count() > 1),8}  (most often {keys.Max(g => g.Count())} times)");
    Console.WriteLine($"  log lines answered   {tellers.Acknowledged,8}  (of {tellers.Sent} sent)");
    Console.WriteLine($"  last page after      {caughtUp.TotalSeconds,8:0.0} s");
    foreach (var (promise, broken) in verdict)
    {
        Console.WriteLine($"  {(broken.Count == 0 ? "kept  " : "BROKEN")} {promise}{(broken.Count == 0 ? "" : $": {broken.Count}")}");
        foreach (var line in broken.Take(5))
        {
            Console.WriteLine($"           {line}");
        }
    }

    var failed = verdict.Count(v => v.Broken.Count > 0);
    Console.WriteLine($"{verdict.Count - failed} passed, {failed} failed, 0 skipped");
    return failed > 0 ? 1 : 0;
}
