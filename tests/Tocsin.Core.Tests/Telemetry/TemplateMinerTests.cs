using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

public sealed class TemplateMinerTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Kinds of lines as programs write them; what changes in each is told by its looks.</summary>
    private static readonly Func<Random, string>[] Shapes =
    [
        r => $"GET /api/v1/orders/{r.Next(100_000)}/items HTTP/1.1 200 {r.Next(9_000)} {r.Next(900)}ms",
        r => $"GET /api/v1/users/{r.Next(100_000)} HTTP/1.1 200 {r.Next(9_000)} {r.Next(900)}ms",
        r => $"Connection from {Ip(r)}:{r.Next(60_000)} refused",
        r => $"Connection from {Ip(r)}:{r.Next(60_000)} accepted after {r.NextDouble() * 3:0.000}s",
        r => $"Order {Uuid(r)} placed by customer {r.Next(1_000_000)} total={r.NextDouble() * 500:0.00}",
        r => $"Order {Uuid(r)} cancelled by customer {r.Next(1_000_000)}",
        r => $"[{At.AddSeconds(r.Next(90_000)):yyyy-MM-dd HH:mm:ss,fff}] job={r.Next(900)} state=done took={r.Next(90)}m{r.Next(60)}s",
        r => $"[{At.AddSeconds(r.Next(90_000)):yyyy-MM-dd HH:mm:ss,fff}] job={r.Next(900)} state=failed took={r.Next(90)}m{r.Next(60)}s",
        r => $"user=\"{Name(r)}\" action=\"login\" ip={Ip(r)}",
        r => $"Could not parse '{Name(r)}': unexpected token at line {r.Next(900)}",
        r => $"commit {r.NextInt64():x16} pushed to main, {r.Next(40)} files",
        r => $$"""{"msg":"payment {{Name(r)}}","amount":{{r.Next(500)}},"retry":{{r.Next(5)}}}""",
        r => $"Pod shop-{r.Next(16, 256):x2}9f4c77b-x{r.Next(10)}k2p restarted {r.Next(9)} times",
        r => $"worker{r.Next(32)} took message {r.Next(100_000)} from queue orders",
        r => $"worker{r.Next(32)} lost its lease",
        r => $"Slow query: {r.Next(900, 9_000)} ms, rows={r.Next(9_000)}",
        r => $"Sent mail to {Name(r)}@example.test",
        r => $"Disk /dev/sda{r.Next(9)} is {r.Next(100)}% full",
        r => $"Cache hit ratio {r.NextDouble():0.00} over {r.Next(1_000)} keys",
        r => $"2001:db8::{r.Next(65_000):x} asked for {r.Next(90)} records",
        r => $"handled {At.AddSeconds(r.Next(90_000)):O} in {r.NextDouble() * 1e-3:0.0e-0} s",
        r => $"GC pause {r.Next(90)}.{r.Next(9)}ms gen{r.Next(3)}",
    ];

    private static string Ip(Random r) => $"10.{r.Next(256)}.{r.Next(256)}.{r.Next(256)}";

    private static string Uuid(Random r)
    {
        var bytes = new byte[16];
        r.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }

    private static string Name(Random r) => string.Concat(Enumerable.Range(0, r.Next(3, 9)).Select(_ => (char)('a' + r.Next(26))));

    private static (int Shape, string Line)[] Traffic(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 2_000).Select(_ => random.Next(Shapes.Length)).Select(shape => (shape, Shapes[shape](random)))];
    }

    [Fact]
    public void Lines_of_one_shape_have_one_template_and_other_shapes_another()
    {
        var miner = new TemplateMiner();
        var mined = Traffic(1).Select(t => (t.Shape, t.Line, miner.Of("shop", LineLevel.Info, t.Line, At)!.Id)).ToArray();

        Assert.All(mined.GroupBy(m => m.Shape), shape => Assert.True(
            shape.Select(m => m.Id).Distinct().Count() == 1, string.Join('\n', shape.DistinctBy(m => m.Id).Select(m => $"{m.Line}   {TextOf(miner, m.Id)}"))));
        Assert.Equal(Shapes.Length, mined.Select(m => m.Id).Distinct().Count());
    }

    [Fact]
    public void What_changes_by_its_looks_gives_the_same_ids_in_every_order_and_process()
    {
        var (one, other) = (new TemplateMiner(), new TemplateMiner());
        var traffic = Traffic(2);
        var first = traffic.Select(t => one.Of("shop", LineLevel.Info, t.Line, At)!.Id).ToArray();
        var second = traffic.Reverse().Select(t => other.Of("shop", LineLevel.Info, t.Line, At.AddDays(1))!.Id).Reverse().ToArray();

        Assert.Equal(first, second);
        Assert.All(first, id => Assert.InRange(id, 1, 1L << 52));
    }

    [Theory]
    [InlineData("GET /api/v1/orders/17/items 200 12ms", "GET /api/v<num>/orders/<num>/items <num> <num>")]
    [InlineData("Connection from 10.0.0.1:443 refused", "Connection from <ip> refused")]
    [InlineData("""user="ana" id=3fa85f64-5717-4562-b3fc-2c963f66afa6""", "user=<str> id=<uuid>")]
    [InlineData("2026-01-05 10:00:00,123 ERROR Can't connect.", "<time> ERROR Can't connect.")]
    [InlineData("""{"level":"info","n":[1,2,3]}""", """{"level":<str>,"n":[<num>]}""")]
    [InlineData("pod 7f9c8b-x2k9p at 0x7ffe12", "pod <id>-<id> at <hex>")]
    [InlineData("ana@example.test logged in", "<mail> logged in")]
    [InlineData("wörter bleiben stehen: 100 %", "wörter bleiben stehen: <num> %")]
    [InlineData("", "(other)")]
    [InlineData("   \t ", "(other)")]
    [InlineData("one\ntwo", "one")]
    public void A_template_reads_like_its_lines(string line, string pattern)
    {
        Assert.Equal(pattern, TemplateToken.Text(new TemplateMiner().Of("shop", LineLevel.Info, line, At)!.Tokens));
    }

    [Fact]
    public void Lines_that_differ_in_a_plain_word_become_one_template_that_keeps_its_id()
    {
        var miner = new TemplateMiner();
        var ids = new[] { "ana", "bo", "cy" }.Select(name => miner.Of("shop", LineLevel.Info, $"User {name} logged in from the web", At)!.Id).Distinct().ToArray();

        var known = Assert.Single(miner.Known);
        Assert.Equal(known.Id, Assert.Single(ids));
        Assert.Equal("User <*> logged in from the web", TemplateToken.Text(known.Tokens));
        Assert.NotEqual(known.Id, miner.Of("shop", LineLevel.Info, "User ana was locked out for good", At)!.Id);
    }

    [Fact]
    public void Nodes_that_learnt_apart_agree_once_they_know_of_each_other()
    {
        var (one, other) = (new TemplateMiner(), new TemplateMiner());
        var early = one.Of("shop", LineLevel.Info, "User ana logged in from the web", At)!;
        var late = other.Of("shop", LineLevel.Info, "User bo logged in from the web", At.AddSeconds(1))!;
        Assert.NotEqual(early.Id, late.Id);

        one.Add(Copy(late));
        other.Add(Copy(early));

        Assert.Equal(early.Id, one.Of("shop", LineLevel.Info, "User bo logged in from the web", At)!.Id);
        Assert.Equal(early.Id, other.Of("shop", LineLevel.Info, "User bo logged in from the web", At)!.Id);
        Assert.Equal(early.Id, other.Of("shop", LineLevel.Info, "User cy logged in from the web", At)!.Id);
    }

    [Fact]
    public void After_a_restart_lines_get_the_templates_that_were_stored()
    {
        var before = new TemplateMiner();
        string[] lines = ["User ana logged in from the web", "User bo logged in from the web", "boom\n   at Shop.Cart.Add(Item item) in Cart.cs:line 12", ""];
        var ids = lines.Select(l => before.Of("shop", LineLevel.Error, l, At)!.Id).ToArray();
        var after = new TemplateMiner();
        foreach (var known in before.Known)
        {
            after.Add(Copy(known));
        }

        Assert.Equal(ids, lines.Select(l => after.Of("shop", LineLevel.Error, l, At)!.Id));
        Assert.Equal(before.Known.Count(), after.Known.Count());
    }

    [Theory]
    [InlineData("System.InvalidOperationException: no cart 17\n   at Shop.Cart.Add(Item item) in /src/Cart.cs:line 12\n   at Shop.Api.Post() in /src/Api.cs:line 3", "System.InvalidOperationException at Shop.Cart.Add < Shop.Api.Post")]
    [InlineData("Unhandled exception. System.ArgumentException: bad\n   at Shop.Cart.Add()", "System.ArgumentException at Shop.Cart.Add")]
    [InlineData("java.lang.IllegalStateException: no cart\n\tat shop.Cart.add(Cart.java:12)\n\tat shop.Api.post(Api.java:3)\nCaused by: java.io.IOException: x\n\tat shop.Db.read(Db.java:1)", "java.lang.IllegalStateException at shop.Cart.add < shop.Api.post < shop.Db.read")]
    [InlineData("TypeError: x is undefined\n    at add (/app/cart.js:12:3)\n    at post (/app/api.js:1:2)", "TypeError at add < post")]
    [InlineData("Traceback (most recent call last):\n  File \"/app/api.py\", line 3, in post\n    add(1)\n  File \"/app/cart.py\", line 12, in add\n    raise ValueError(1)\nValueError: no cart 17", "ValueError at cart.py:add < api.py:post")]
    [InlineData("panic: no cart\n\ngoroutine 1 [running]:\nmain.add(0x1, 0x2)\n\t/app/cart.go:12 +0x1d\nmain.main()\n\t/app/main.go:3", "panic at main.add < main.main")]
    public void An_exception_is_its_type_and_where_it_came_from(string message, string pattern)
    {
        var miner = new TemplateMiner();
        var template = miner.Of("shop", LineLevel.Error, message, At)!;

        Assert.Equal(pattern, TemplateToken.Text(template.Tokens));
        Assert.Same(template, miner.Of("shop", LineLevel.Error, message.Replace("12", "13", StringComparison.Ordinal).Replace("17", "18", StringComparison.Ordinal), At));
    }

    [Fact]
    public void Services_and_levels_learn_apart()
    {
        var miner = new TemplateMiner();
        long[] ids =
        [
            miner.Of("shop", LineLevel.Info, "disk is full", At)!.Id, miner.Of("bank", LineLevel.Info, "disk is full", At)!.Id, miner.Of("shop", LineLevel.Error, "disk is full", At)!.Id,
        ];

        Assert.Equal(3, ids.Distinct().Count());
    }

    [Fact]
    public void A_flood_of_lines_that_are_all_different_ends_in_one_template()
    {
        var miner = new TemplateMiner();
        var random = new Random(3);
        for (var i = 0; i < 30_000; i++)
        {
            miner.Of("shop", LineLevel.Info, string.Join(' ', Enumerable.Range(0, random.Next(1, 12)).Select(_ => Name(random))), At);
        }

        Assert.InRange(miner.Known.Count(), 1, ServiceTemplates.MostTemplates + 1);
        Assert.Equal("(other)", TemplateToken.Text(miner.Of("shop", LineLevel.Info, "qq ww ee rr tt yy uu ii oo pp aa ss dd ff", At)!.Tokens));
        Assert.NotEqual("(other)", TemplateToken.Text(miner.Of("bank", LineLevel.Info, "disk is full", At)!.Tokens));
    }

    [Fact]
    public void Many_services_with_many_kinds_of_lines_are_bounded_together()
    {
        var miner = new TemplateMiner();
        for (var service = 0; service < 300; service++)
        {
            for (var kind = 0; kind < 100; kind++)
            {
                miner.Of($"s{service}", LineLevel.Info, string.Join(' ', Enumerable.Range(0, 1 + (kind % 10)).Select(i => $"{(char)('a' + (kind / 10))}{(char)('a' + i)}x")), At);
            }
        }

        Assert.InRange(miner.Known.Count(), TemplateMiner.MostTemplates, TemplateMiner.MostTemplates + 300);
        Assert.Equal("(other)", Assert.Single(miner.Of("s299", LineLevel.Info, "never seen before", At)!.Tokens));
        Assert.NotEqual("(other)", miner.Of("s0", LineLevel.Info, "aax", At)!.Tokens[0]);
    }

    [Fact]
    public void Hostile_lines_are_lines()
    {
        var miner = new TemplateMiner();
        foreach (var line in (string[])["\ud800\ud800 \udfff", new string('a', 32 * 1024), new string('"', 5_000), new string('\'', 5_000), string.Concat(Enumerable.Repeat("1,", 9_000)), "\u0001\u001f\u0001", "<num> <*>", "::::", "0x", "-", "1e", "@.", "''", "\n\n\n", "at \nat ", "Traceback (most recent call last)\n"])
        {
            Assert.NotNull(miner.Of("shop", LineLevel.Info, line, At));
        }
    }

    private static MinedTemplate Copy(MinedTemplate t) => new(t.Id, t.Service, t.Level, MinedTemplate.Parse(t.Stored), t.Example, t.FirstSeenAt);

    private static string TextOf(TemplateMiner miner, long id) => TemplateToken.Text(miner.Known.First(t => t.Id == id).Tokens);
}
