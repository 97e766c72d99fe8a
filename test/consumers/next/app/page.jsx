"use client";
import { useEffect } from "react";
import { main } from "../app.js";

export default function Page() {
  useEffect(() => {
    main();
  }, []);
  return <p>vaeport in Next.js</p>;
}
